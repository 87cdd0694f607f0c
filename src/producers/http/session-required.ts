// Pages for signed-in people: whoever is not signed in signs in first; whoever has no role, and a program without a token, learns
// nothing, not even that there is a page.
import type { Request, RequestHandler, Response } from 'express'
import { strongestRole } from '../../core/auth/identity.ts'
import { isNavigation } from './navigation.ts'
import { reloadPage } from './pages.ts'
import { notFound } from './problem.ts'
import { callerOf, type Sessions } from './session.ts'

export const isWrite = (req: Request): boolean => req.method !== 'GET' && req.method !== 'HEAD'

/** For a request whose caller may not see the page. @throws HttpProblem 404, unless a person can sign in first */
export const signInFirst = (req: Request, res: Response, sessions: Sessions): void => {
  if (callerOf(req) !== null || !isNavigation(req) || isWrite(req)) throw notFound()
  // A link from another site arrives without our SameSite=Strict cookies although the browser may have them.
  if (req.get('sec-fetch-site') === 'cross-site' && !sessions.hasCookies(req))
    res.type('html').send(reloadPage(req.originalUrl))
  else res.redirect(303, `/login?next=${encodeURIComponent(req.originalUrl)}`)
}

/** Lets in whoever has a role anywhere; what that role allows is for the routes behind. */
export const sessionRequired =
  (sessions: Sessions): RequestHandler =>
  (req, res, next) => {
    const caller = callerOf(req)
    if (caller !== null && strongestRole(caller.identity) !== null) next()
    else signInFirst(req, res, sessions)
  }
