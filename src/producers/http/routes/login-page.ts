// The pages a person signs in and out with. Plain forms: they work without JavaScript.
import { Router, urlencoded, type Request, type Response } from 'express'
import { z } from 'zod'
import type { Auth } from '../../../core/auth/auth.ts'
import { strongestRole } from '../../../core/auth/identity.ts'
import { SignInRefused } from '../../../core/auth/refusals.ts'
import { SEARCH_PATH } from '../addresses.ts'
import { localPath } from '../navigation.ts'
import { loginPage, logoutPage } from '../pages.ts'
import { HttpProblem } from '../problem.ts'
import { callerOf, type Sessions } from '../session.ts'
import { Credentials, type SignIn } from '../sign-in.ts'

export interface LoginPageRoutesOptions {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly signIn: SignIn
}

const BODY_LIMIT = '16kb'
/** Where a person lands who asked for nothing in particular. */
const HOME = SEARCH_PATH
const Typed = z.object({ email: z.string().max(320).catch(''), next: z.string().catch('') })

/** `/login`, `/logout`, and `/` on the way to one of them. */
export const loginPageRoutes = ({ auth, sessions, signIn }: LoginPageRoutesOptions): Router => {
  const router = Router()
  // Shows the form again with what was typed, except the password.
  const again = (req: Request, res: Response, { status, problem }: { status: number; problem: string }) => {
    const typed = Typed.parse(req.body ?? {})
    const next = localPath(typed.next, HOME)
    res
      .status(status)
      .type('html')
      .send(loginPage({ next, email: typed.email, problem }))
  }
  router.get('/', (_req, res) => {
    res.redirect(303, HOME)
  })
  router.get('/login', sessions.identify, (req, res) => {
    const next = localPath(req.query['next'], HOME)
    const caller = callerOf(req)
    if (caller !== null && strongestRole(caller.identity) !== null) res.redirect(303, next)
    else res.type('html').send(loginPage({ next }))
  })
  router.post('/login', urlencoded({ extended: false, limit: BODY_LIMIT }), async (req, res) => {
    const next = localPath(Typed.parse(req.body ?? {}).next, HOME)
    const credentials = Credentials.safeParse(req.body ?? {})
    if (!credentials.success) {
      again(req, res, { status: 400, problem: 'Type your email and your password.' })
      return
    }
    try {
      const session = await signIn(req, credentials.data)
      // A person may have a role at one shop only; the user record does not tell.
      if (strongestRole(await auth.identify(session.accessToken)) === null) {
        await auth.signOut(session.accessToken)
        again(req, res, {
          status: 403,
          problem: 'This account has no role here. Ask an administrator for one.',
        })
        return
      }
      sessions.open(res, session)
      res.redirect(303, next)
    } catch (err) {
      if (err instanceof SignInRefused) again(req, res, { status: 401, problem: err.message })
      else if (err instanceof HttpProblem && err.answer.status === 429)
        again(req, res.set(err.answer.headers), { status: 429, problem: err.answer.detail })
      else throw err
    }
  })
  router.get('/logout', sessions.identify, (req, res) => {
    const caller = callerOf(req)
    if (caller) res.type('html').send(logoutPage({ email: caller.identity.email }))
    else res.redirect(303, '/login')
  })
  router.post('/logout', sessions.identify, async (req, res) => {
    sessions.clear(res)
    const caller = callerOf(req)
    if (caller) await auth.signOut(caller.accessToken)
    res.redirect(303, '/login')
  })
  return router
}
