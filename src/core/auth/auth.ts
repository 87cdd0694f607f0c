// Who is calling: a machine key, or a verified token plus the user record and the shops behind it. The record is read from the
// auth service because tokens of the embedded API carry no app_metadata and because a role that was taken away must stop
// working before the token expires.
import { createHash } from 'node:crypto'
import { keyIdentity, personIdentity, type Identity, type Key } from './identity.ts'
import { isMachineKey, machineKeyHash } from './machine-key.ts'
import { TokenRefused } from './refusals.ts'
import type { Role } from './roles.ts'
import { createSupabaseAuth, type AuthSession, type SupabaseAuth } from './supabase-auth.ts'
import { createTokenVerifier } from './token-verifier.ts'

export type { Identity } from './identity.ts'

/** Where shops and machine keys are known: the warehouse. */
export interface Grants {
  shopsOf(person: { readonly userId: string }): Promise<ReadonlyMap<string, Role>>
  useKey(key: { readonly keyHash: string }): Promise<Key | null>
}

export interface AuthOptions {
  /** The project's base URL. */
  readonly supabaseUrl: string
  readonly anonKey: string
  /** null: only tokens signed with a key of the project's JWKS are accepted. */
  readonly jwtSecret: string | null
  readonly grants: Grants
  /** How long an identity is believed; default 15 s. A revoked role, session or key ends within this time. */
  readonly recordTtlMs?: number
  readonly fetch?: typeof fetch
  readonly now?: () => number
}

export interface Auth extends Pick<SupabaseAuth, 'signIn' | 'refresh'> {
  /** Finds out who presents a token or a machine key. @throws TokenRefused, UpstreamThrottled, UpstreamDown, DatabaseRejected */
  identify(accessToken: string): Promise<Identity>
  /** True for what was good not long ago, and for a refresh token that was given out here: no attempt of a stranger. */
  knows(accessToken: string): boolean
  /** Ends the session and forgets it here at once. @throws UpstreamDown */
  signOut(accessToken: string): Promise<void>
}

const DEFAULT_RECORD_TTL_MS = 15_000
/** Enough for every caller of fifty shops; beyond it the oldest are read again. */
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
  const records = new Map<string, { readonly until: number; readonly identity: Promise<Identity> }>()

  const byKey = async (key: string): Promise<Identity> => {
    const known = await options.grants.useKey({ keyHash: machineKeyHash(key) })
    if (known === null) throw new TokenRefused('unknown-key')
    return keyIdentity(known)
  }
  const byToken = async (token: string): Promise<Identity> => {
    const { userId, expiresAt } = await verifier.verify(token)
    const [{ email, role }, shops] = await Promise.all([
      service.user(token),
      options.grants.shopsOf({ userId }),
    ])
    return personIdentity({ userId, email, role, shops, expiresAt })
  }
  /** One question for all requests that present the same token at the same time. */
  const ask = (key: string, token: string): Promise<Identity> => {
    const identity = isMachineKey(token) ? byKey(token) : byToken(token)
    records.delete(key)
    records.set(key, { until: now() + recordTtlMs, identity })
    identity.catch(() => records.delete(key))
    for (const oldest of records.keys()) {
      if (records.size <= MAX_RECORDS) break
      records.delete(oldest)
    }
    return identity
  }

  const givenOut = createGivenOut()
  return {
    signIn: async (credentials) => givenOut.add(await service.signIn(credentials)),
    refresh: async (refreshToken) => {
      try {
        return givenOut.add(await service.refresh(refreshToken))
      } catch (err) {
        if (err instanceof TokenRefused) givenOut.forget(refreshToken)
        throw err
      }
    },
    identify: async (token) => {
      const key = tokenKey(token)
      const known = records.get(key)
      if (known === undefined || known.until <= now()) return ask(key, token)
      const identity = await known.identity
      // Remembered while it was valid: an expired token is looked at again, and refused.
      return identity.expiresAt.getTime() > now() ? identity : ask(key, token)
    },
    knows: (token) => records.has(tokenKey(token)) || givenOut.has(token),
    signOut: async (token) => {
      try {
        await service.signOut(token)
      } finally {
        records.delete(tokenKey(token))
      }
    },
  }
}

/** The newest refresh tokens that were given out. A used one stays: a page may send it once more before it has the next. */
const createGivenOut = () => {
  const keys = new Set<string>()
  return {
    add: (session: AuthSession): AuthSession => {
      keys.add(tokenKey(session.refreshToken))
      for (const oldest of keys) {
        if (keys.size <= MAX_RECORDS) break
        keys.delete(oldest)
      }
      return session
    },
    has: (token: string): boolean => keys.has(tokenKey(token)),
    forget: (token: string): void => void keys.delete(tokenKey(token)),
  }
}
