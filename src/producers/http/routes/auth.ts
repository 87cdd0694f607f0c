// `POST /api/auth/login|refresh|logout` over Supabase Auth. Tokens go back in the answer for programs and as cookies for browsers.
import { json, Router, type RequestHandler } from 'express'
import { z } from 'zod'
import type { Auth } from '../../../core/auth/auth.ts'
import type { AuthSession } from '../../../core/auth/supabase-auth.ts'
import { HttpProblem } from '../problem.ts'
import { callerOf, type Sessions } from '../session.ts'
import { Credentials, parseBody, type SignIn } from '../sign-in.ts'

export interface AuthRoutesOptions {
  readonly auth: Auth
  readonly sessions: Sessions
  readonly signIn: SignIn
}

const RefreshBody = z.object({
  refresh_token: z.string().min(1, 'is empty').max(4096, 'is too long').optional(),
})

/** A login is two short strings. */
const BODY_LIMIT = '16kb'

const answerOf = (session: AuthSession) => ({
  access_token: session.accessToken,
  refresh_token: session.refreshToken,
  token_type: 'bearer',
  expires_in: session.expiresIn,
  user: session.user,
})

/** A body of another type would be read as an empty one and blamed on its fields. */
const jsonOnly: RequestHandler = (req, _res, next) => {
  const hasBody = req.get('transfer-encoding') !== undefined || Number(req.get('content-length') ?? 0) > 0
  if (hasBody && !req.is('application/json'))
    throw new HttpProblem({
      status: 415,
      code: 'NOT_JSON',
      detail: 'The body must be JSON (Content-Type: application/json).',
    })
  next()
}

/** The routes under `/api/auth`. */
export const authRoutes = ({ auth, sessions, signIn }: AuthRoutesOptions): Router => {
  const router = Router()
  router.use('/api/auth', jsonOnly, json({ limit: BODY_LIMIT }))
  router.post('/api/auth/login', async (req, res) => {
    const session = await signIn(req, parseBody(Credentials, req.body))
    sessions.open(res, session)
    res.json(answerOf(session))
  })
  router.post('/api/auth/refresh', async (req, res) => {
    const given = parseBody(RefreshBody, req.body).refresh_token ?? sessions.refreshTokenOf(req)
    if (given === null)
      throw new HttpProblem({
        status: 400,
        code: 'BAD_INPUT',
        detail: 'There is nothing to refresh.',
        errors: [{ path: 'refresh_token', message: 'is required unless the session cookie is sent' }],
      })
    const session = await auth.refresh(given)
    sessions.open(res, session)
    res.json(answerOf(session))
  })
  router.post('/api/auth/logout', sessions.identify, async (req, res) => {
    sessions.clear(res)
    const caller = callerOf(req)
    if (caller) await auth.signOut(caller.accessToken)
    res.status(204).end()
  })
  return router
}
