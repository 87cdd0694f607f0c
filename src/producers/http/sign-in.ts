// Signing in, for the API route and the login form alike: attempts are counted first, given back when the password was right.
import type { Request } from 'express'
import { z } from 'zod'
import type { Auth } from '../../core/auth/auth.ts'
import type { AuthSession } from '../../core/auth/supabase-auth.ts'
import { UpstreamDown, UpstreamThrottled } from '../../core/errors.ts'
import type { LoginAttempts } from './login-attempts.ts'

const NO_CONTROL = [/^\P{Cc}*$/u, 'holds a control character'] as const

/** Limits are far above any real value; they bound what reaches the auth service. */
export const Credentials = z.object({
  email: z
    .string({ error: 'is required' })
    .trim()
    .min(3, 'is not an email address')
    .max(320, 'is too long')
    .regex(...NO_CONTROL),
  password: z
    .string({ error: 'is required' })
    .min(1, 'is empty')
    .max(1024, 'is too long')
    .regex(...NO_CONTROL),
})
export type Credentials = z.output<typeof Credentials>

/** @throws HttpProblem 429, SignInRefused, UpstreamThrottled, UpstreamDown */
export type SignIn = (req: Request, credentials: Credentials) => Promise<AuthSession>

/** Joins the auth service with the attempt counters. */
export const createSignIn =
  ({ auth, attempts }: { readonly auth: Auth; readonly attempts: LoginAttempts }): SignIn =>
  async (req, credentials) => {
    const attempt = { address: req.ip ?? 'unknown', email: credentials.email }
    await attempts.take(attempt)
    const session = await auth.signIn(credentials).catch(async (err: unknown) => {
      // Nobody looked at the password, so it was no guess: an auth service that is away or busy locks nobody out afterwards.
      if (err instanceof UpstreamDown || err instanceof UpstreamThrottled) await attempts.giveBack(attempt)
      throw err
    })
    await attempts.giveBack(attempt)
    req.log.info({ event: 'auth.signed-in', user: session.user.id, role: session.user.role }, 'signed in')
    return session
  }
