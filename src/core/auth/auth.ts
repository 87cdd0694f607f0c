// Who is calling: a verified token plus the user record behind it. The record is read from the auth service because tokens of
// the embedded API carry no app_metadata and because a role that was taken away must stop working before the token expires.
import { createHash } from 'node:crypto'
import { createSupabaseAuth, type SupabaseAuth } from './supabase-auth.ts'
import { createTokenVerifier } from './token-verifier.ts'
import type { Role } from './roles.ts'

export interface AuthOptions {
  /** The project's base URL. */
  readonly supabaseUrl: string
  readonly anonKey: string
  /** null: only tokens signed with a key of the project's JWKS are accepted. */
  readonly jwtSecret: string | null
  /** How long a user record is believed; default 15 s. A revoked role or session ends within this time. */
  readonly recordTtlMs?: number
  readonly fetch?: typeof fetch
  readonly now?: () => number
}

export interface Identity {
  readonly userId: string
  readonly email: string | null
  /** null: signed in, but nobody here. */
  readonly role: Role | null
  readonly expiresAt: Date
}

export interface Auth extends Pick<SupabaseAuth, 'signIn' | 'refresh'> {
  /** Verifies the token and reads its user's role. @throws TokenRefused, UpstreamThrottled, UpstreamDown */
  identify(accessToken: string): Promise<Identity>
  /** Ends the session and forgets it here at once. @throws UpstreamDown */
  signOut(accessToken: string): Promise<void>
}

const DEFAULT_RECORD_TTL_MS = 15_000
/** Enough for every operator of fifty shops; beyond it the oldest are read again. */
const MAX_RECORDS = 2_000

/** The key under which a token may be remembered; the token itself is never kept. */
export const tokenKey = (token: string): string => createHash('sha256').update(token).digest('base64url')

/** Makes the door. One per process, so that its cache is shared by all routes. */
export const createAuth = (options: AuthOptions): Auth => {
  const { supabaseUrl, anonKey, jwtSecret, recordTtlMs = DEFAULT_RECORD_TTL_MS, now = Date.now } = options
  const fetching = options.fetch === undefined ? {} : { fetch: options.fetch }
  const base = supabaseUrl.replace(/\/+$/, '')
  const service = createSupabaseAuth({ url: base, anonKey, ...fetching })
  const verifier = createTokenVerifier({
    jwtSecret,
    jwksUrl: `${base}/auth/v1/.well-known/jwks.json`,
    ...fetching,
  })
  const records = new Map<
    string,
    { readonly until: number; readonly user: ReturnType<SupabaseAuth['user']> }
  >()

  const record = (token: string) => {
    const key = tokenKey(token)
    const known = records.get(key)
    if (known && known.until > now()) return known.user
    const user = service.user(token)
    records.delete(key)
    records.set(key, { until: now() + recordTtlMs, user })
    user.catch(() => records.delete(key))
    for (const oldest of records.keys()) {
      if (records.size <= MAX_RECORDS) break
      records.delete(oldest)
    }
    return user
  }

  return {
    signIn: (credentials) => service.signIn(credentials),
    refresh: (refreshToken) => service.refresh(refreshToken),
    identify: async (token) => {
      const { userId, expiresAt } = await verifier.verify(token)
      const { email, role } = await record(token)
      return { userId, email, role, expiresAt }
    },
    signOut: async (token) => {
      try {
        await service.signOut(token)
      } finally {
        records.delete(tokenKey(token))
      }
    },
  }
}
