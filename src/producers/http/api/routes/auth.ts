// `POST /api/auth/login|refresh|logout` over Supabase Auth. Tokens go back in the answer for programs and as cookies for browsers.
import { z } from 'zod'
import { ROLES } from '../../../../core/auth/roles.ts'
import type { AuthSession } from '../../../../core/auth/supabase-auth.ts'
import { callerOf, TOKEN } from '../../session.ts'
import { Credentials } from '../../sign-in.ts'
import { badInput } from '../input.ts'
import { defineRoute } from '../route.ts'

const Session = z.object({
  access_token: z.string().describe('For `Authorization: Bearer`.'),
  refresh_token: z.string(),
  token_type: z.literal('bearer'),
  expires_in: z.int().describe('Seconds.'),
  user: z.object({ id: z.string(), email: z.string().nullable(), role: z.enum(ROLES).nullable() }),
})

const answerOf = (session: AuthSession): z.input<typeof Session> => ({
  access_token: session.accessToken,
  refresh_token: session.refreshToken,
  token_type: 'bearer',
  expires_in: session.expiresIn,
  user: session.user,
})

const SESSION = { 200: { about: 'The session; a browser gets it as cookies, too.', body: Session } }

const login = defineRoute({
  method: 'POST',
  path: '/api/auth/login',
  tag: 'auth',
  summary: 'Sign in with email and password',
  scope: 'public',
  role: null,
  body: Credentials,
  answers: SESSION,
  handle: async ({ body }, { parts: { sessions, signIn }, req, res }) => {
    const session = await signIn(req, body)
    sessions.open(res, session)
    return { status: 200, body: answerOf(session) }
  },
})

const refresh = defineRoute({
  method: 'POST',
  path: '/api/auth/refresh',
  tag: 'auth',
  summary: 'Get a new access token',
  scope: 'public',
  role: null,
  body: z.object({
    refresh_token: z
      .string('must be a text')
      .min(1, { error: 'is empty', abort: true })
      .max(4096, 'is too long')
      .regex(TOKEN, 'holds characters that no token has')
      .optional()
      .describe('Not needed by a browser with a session.'),
  }),
  answers: SESSION,
  handle: async ({ body }, { parts: { auth, sessions, limits }, req, res }) => {
    const given = body.refresh_token ?? sessions.refreshTokenOf(req)
    if (given === null)
      throw badInput([{ path: 'refresh_token', message: 'is required unless the session cookie is sent' }])
    const ask = () => auth.refresh(given)
    const session = await (auth.knows(given) ? ask() : limits.tryUnknown(req.ip ?? 'unknown', ask))
    sessions.open(res, session)
    return { status: 200, body: answerOf(session) }
  },
})

const logout = defineRoute({
  method: 'POST',
  path: '/api/auth/logout',
  tag: 'auth',
  summary: 'End the session',
  about: 'Also without one. A machine key is not ended by it: see `warehouse keys revoke`.',
  scope: 'public',
  role: null,
  answers: { 204: { about: 'Signed out.', body: z.null() } },
  handle: async (_input, { parts: { auth, sessions }, req, res }) => {
    sessions.clear(res)
    const caller = callerOf(req)
    if (caller?.identity.kind === 'user') await auth.signOut(caller.accessToken)
    return { status: 204, body: null }
  },
})

export const authRoutes = [...login, ...refresh, ...logout]
