// Protection against forged requests: whatever changes something on the authority of a cookie must come from our own pages.
// SameSite=Strict keeps the cookie away from other sites; this also covers other ports and subdomains of the same site.
import type { Request, RequestHandler } from 'express'
import { HttpProblem } from './problem.ts'
import { bearerOf, type Sessions } from './session.ts'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface SameOriginOptions {
  readonly sessions: Sessions
  /** Where people reach this server, when it is not the address it listens on. */
  readonly publicUrl: string | null
}

/**
 * Refuses with 403 a state-changing request that another site's page sent, or that carries a session cookie without telling
 * where it comes from. Requests with a bearer token pass: no browser adds one by itself.
 */
export const sameOriginWrites =
  ({ sessions, publicUrl }: SameOriginOptions): RequestHandler =>
  (req, _res, next) => {
    if (SAFE_METHODS.has(req.method) || bearerOf(req) !== null) {
      next()
      return
    }
    const site = req.get('sec-fetch-site')
    const origin = req.get('origin')
    const isForeign =
      (site !== undefined && site !== 'same-origin') ||
      (origin !== undefined && !isOwnOrigin(req, origin, publicUrl))
    const isSilent = site === undefined && origin === undefined && sessions.hasCookies(req)
    if (isForeign || isSilent)
      throw new HttpProblem({
        status: 403,
        code: 'CROSS_SITE',
        detail: isForeign
          ? 'This request comes from another site. Open the page of this server at its own address and try again.'
          : 'A request on the authority of a cookie must carry an Origin header. Programs use a bearer token.',
      })
    next()
  }

/** Behind https only the public address counts; otherwise also the address the browser typed. */
const isOwnOrigin = (req: Request, origin: string, publicUrl: string | null): boolean => {
  const published = publicUrl === null ? null : new URL(publicUrl)
  if (published && origin === published.origin) return true
  if (published?.protocol === 'https:') return false
  const host = req.get('host')
  return host !== undefined && origin === `${req.protocol}://${host}`
}
