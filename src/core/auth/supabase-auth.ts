// Sign-in, refresh, sign-out and the user record, over Supabase Auth with the anon key.
// Each call has a client of its own: a shared one hands the session of a refresh in flight to whoever asks next
// (auth-js `_callRefreshToken`), which would sign one person in as another.
import { AuthClient, type AuthError, type GoTrueClient, type Session, type User } from '@supabase/supabase-js'
import { UpstreamDown, UpstreamThrottled } from '../errors.ts'
import { SignInRefused, TokenRefused } from './refusals.ts'
import { roleFromAppMetadata, type Role } from './roles.ts'

export interface SupabaseAuthOptions {
  /** The project's base URL, without `/auth/v1`. */
  readonly url: string
  readonly anonKey: string
  readonly fetch?: typeof fetch
  /** Limit of one call; default 10 s. */
  readonly timeoutMs?: number
}

export interface AuthUser {
  readonly id: string
  readonly email: string | null
  readonly role: Role | null
}

export interface AuthSession {
  readonly accessToken: string
  readonly refreshToken: string
  /** Seconds until the access token expires. */
  readonly expiresIn: number
  readonly user: AuthUser
}

export interface SupabaseAuth {
  /** @throws SignInRefused, UpstreamThrottled, UpstreamDown */
  signIn(credentials: { readonly email: string; readonly password: string }): Promise<AuthSession>
  /** @throws TokenRefused, UpstreamThrottled, UpstreamDown */
  refresh(refreshToken: string): Promise<AuthSession>
  /** Ends the session behind the token; a session that has ended already is fine. @throws UpstreamDown */
  signOut(accessToken: string): Promise<void>
  /** The user record as the auth service has it now. @throws TokenRefused, UpstreamThrottled, UpstreamDown */
  user(accessToken: string): Promise<AuthUser>
}

const DEFAULT_TIMEOUT_MS = 10_000
/** What Supabase's own limiter asks for when it does not say. */
const THROTTLE_WAIT_MS = 30_000

/** Makes the client; nothing is called before it is used. */
export const createSupabaseAuth = (options: SupabaseAuthOptions): SupabaseAuth => {
  const call = caller(options)
  return {
    signIn: async (credentials) => {
      const { data, error } = await call((client) => client.signInWithPassword(credentials))
      // GoTrue answers 400 to a wrong password; 401 and 404 come from a gateway that refuses our key or our path.
      if (error?.status === 401 || error?.status === 404)
        throw new UpstreamDown('the auth service refuses our anon key', { cause: error })
      if (error) throw refused(error, () => new SignInRefused(undefined, { cause: error }))
      return session(data.session)
    },
    refresh: async (refreshToken) => {
      const { data, error } = await call((client) => client.refreshSession({ refresh_token: refreshToken }))
      if (error) throw refused(error, () => new TokenRefused('signed-out', { cause: error }))
      return session(data.session)
    },
    signOut: async (accessToken) => {
      const { error } = await call((client) => client.admin.signOut(accessToken, 'local'))
      if (error && isAway(error)) throw new UpstreamDown('the auth service did not answer', { cause: error })
    },
    user: async (accessToken) => {
      const { data, error } = await call((client) => client.getUser(accessToken))
      if (error) throw refused(error, () => new TokenRefused('signed-out', { cause: error }))
      return person(data.user)
    },
  }
}

/** Runs one call with a client of its own, within the time limit. */
const caller = ({
  url,
  anonKey,
  fetch: request = fetch,
  timeoutMs = DEFAULT_TIMEOUT_MS,
}: SupabaseAuthOptions) => {
  const endpoint = `${url.replace(/\/+$/, '')}/auth/v1`
  return async <T>(use: (client: GoTrueClient) => Promise<T>): Promise<T> => {
    let lost: unknown
    // auth-js prints what `fetch` throws to the console and repeats a failed refresh for half a minute. Both end when
    // it is told of a refusal instead; what really happened is kept here.
    const send: typeof fetch = async (input, init) => {
      try {
        const response = await request(input, { ...init, signal: AbortSignal.timeout(timeoutMs) })
        if (response.status < 500) return response
        lost = new Error(`the auth service answered ${response.status}`)
      } catch (err) {
        lost = err
      }
      return Response.json({ error_code: 'unreachable' }, { status: 400 })
    }
    const client = new AuthClient({
      url: endpoint,
      headers: { apikey: anonKey },
      persistSession: false,
      autoRefreshToken: false,
      detectSessionInUrl: false,
      fetch: send,
    })
    const result = await use(client)
    if (lost !== undefined) throw new UpstreamDown('the auth service cannot be reached', { cause: lost })
    return result
  }
}

/** Not an auth service at all: auth-js leaves `status` out when an answer was not JSON. */
const isAway = (error: AuthError): boolean => error.status === undefined || error.status >= 500

/** The caller's fault becomes `otherwise`; ours and the service's keep their own class. */
const refused = (error: AuthError, otherwise: () => Error): Error => {
  if (error.status === 429)
    return new UpstreamThrottled('the auth service asks to wait', THROTTLE_WAIT_MS, { cause: error })
  if (isAway(error)) return new UpstreamDown('the auth service did not answer', { cause: error })
  return otherwise()
}

const session = (given: Session | null): AuthSession => {
  if (given === null) throw new UpstreamDown('the auth service answered without a session')
  return {
    accessToken: given.access_token,
    refreshToken: given.refresh_token,
    expiresIn: given.expires_in,
    user: person(given.user),
  }
}

const person = (user: User): AuthUser => ({
  id: user.id,
  email: user.email ?? null,
  role: roleFromAppMetadata(user.app_metadata),
})
