// Helmet with a strict policy: our own pages run no script at all, Bull Board and the API's description run their own files and
// nothing else.
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { STYLE_SOURCE } from './pages.ts'

const NONE = ["'none'"]
const SELF = ["'self'"]

/** For everything. @param options `https`: this server is reached over https, so browsers shall remember that. */
export const securityHeaders = ({ https }: { readonly https: boolean }): RequestHandler =>
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: NONE,
        styleSrc: [STYLE_SOURCE],
        formAction: SELF,
        baseUri: NONE,
        frameAncestors: NONE,
      },
    },
    strictTransportSecurity: https ? { maxAge: 15_552_000, includeSubDomains: false } : false,
    // Not `no-referrer`: with it browsers send `Origin: null` from our own forms and the same-origin check would refuse them.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  })

const ofScripts = (own: { readonly baseUri: string[]; readonly fontSrc?: string[] }): RequestHandler =>
  helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: NONE,
      scriptSrc: SELF,
      // Both set styles from script; the board has an inline style element besides, whose text changes with its version.
      styleSrc: [...SELF, "'unsafe-inline'"],
      // Icons are data URLs in style sheets.
      imgSrc: [...SELF, 'data:'],
      connectSrc: SELF,
      ...own,
      formAction: NONE,
      frameAncestors: NONE,
    },
  })

/** For Bull Board, whose page names its base: replaces the policy of our pages. */
export const boardPolicy = ofScripts({ fontSrc: SELF, baseUri: SELF })

/** For the description of the API: replaces the policy of our pages. */
export const docsPolicy = ofScripts({ baseUri: NONE })
