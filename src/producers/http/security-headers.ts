// Helmet with a strict policy: our own pages run no script at all, Bull Board runs its own files and nothing else.
import type { RequestHandler } from 'express'
import helmet from 'helmet'
import { STYLE_SOURCE } from './pages.ts'

export interface SecurityHeaders {
  /** For everything. */
  readonly pages: RequestHandler
  /** In addition, for Bull Board: replaces the content security policy. */
  readonly board: RequestHandler
}

/** @param options `https`: this server is reached over https, so browsers shall remember that. */
export const createSecurityHeaders = ({ https }: { readonly https: boolean }): SecurityHeaders => ({
  pages: helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        styleSrc: [STYLE_SOURCE],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: https ? { maxAge: 15_552_000, includeSubDomains: false } : false,
    // Not `no-referrer`: with it browsers send `Origin: null` from our own forms and the same-origin check would refuse them.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  }),
  board: helmet.contentSecurityPolicy({
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      // The board sets styles from script and carries one inline style element whose text changes with its version.
      styleSrc: ["'self'", "'unsafe-inline'"],
      imgSrc: ["'self'", 'data:'],
      fontSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'self'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  }),
})
