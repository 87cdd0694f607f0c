// Which token opens which shop. A token found for one shop is used for that shop only; the token of the environment
// is the operator's word that it opens all of them. Tokens appear in no log, error or metric; `credential` stands for them.
import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { UpstreamForbidden } from '../errors.ts'
import type { ShopToken, TokenProvider } from './types.ts'

/** A row of `tm_tokens`. */
export interface StoredToken {
  readonly token: string
  readonly expiresAt: string | Date | null
}

export interface TokenProviderOptions {
  /** Used for every shop that has no token of its own. */
  readonly environmentToken?: string | null | undefined
  /** The shop's own token (`tm_tokens`), which wins; null when it has none. */
  readonly lookup?: ((shopTmId: number) => Promise<StoredToken | null>) | undefined
  /** Milliseconds since the epoch. */
  readonly now?: (() => number) | undefined
}

/** A browser login may replace a row at any time; a new one is seen after this long, or at the next refusal. */
const CACHE_MS = 5 * 60_000
/** A token is read again this long before it expires … */
const AHEAD_MS = 2 * 60_000
/** … but not more often than this: an expired row stays expired until somebody logs in. */
const RETRY_MS = 30_000

interface Cached extends ShopToken {
  readonly readAt: number
  readonly readAgainAt: number
}

/**
 * Tokens are cached per shop and process. Whether an expired token still works is for TM to say (clocks differ):
 * it is read again ahead of its expiry, and used when there is no newer one.
 */
export const createTokenProvider = ({
  environmentToken = null,
  lookup = async () => null,
  now = Date.now,
}: TokenProviderOptions): TokenProvider => {
  const cache = new Map<number, Cached>()
  const reading = new Map<number, Promise<Cached>>()

  const read = async (shopTmId: number): Promise<Cached> => {
    const stored = await lookup(shopTmId)
    const raw = stored?.token ?? environmentToken
    if (raw === null || raw.trim() === '') throw noToken(shopTmId, 'there is no token for this shop')
    const token = bareToken(raw)
    if (!isUsable(token)) throw noToken(shopTmId, 'the token is not usable as a header')
    const readAt = now()
    const expiry = earliest(expiryOf(token), stored?.expiresAt ?? null)
    const ahead = expiry === null ? Infinity : Math.max(expiry - AHEAD_MS, readAt + RETRY_MS)
    return { token, credential: credentialOf(token), readAt, readAgainAt: Math.min(ahead, readAt + CACHE_MS) }
  }

  /** Any number of callers that find a token refused lead to one read. */
  const readOnce = (shopTmId: number): Promise<Cached> => {
    const pending = reading.get(shopTmId)
    if (pending) return pending
    const started = read(shopTmId)
      .then((fresh) => {
        cache.set(shopTmId, fresh)
        return fresh
      })
      .finally(() => reading.delete(shopTmId))
    reading.set(shopTmId, started)
    return started
  }

  const bare = ({ token, credential }: Cached): ShopToken => ({ token, credential })
  return {
    get: async (shopTmId) => {
      const known = cache.get(shopTmId)
      return bare(known && now() < known.readAgainAt ? known : await readOnce(shopTmId))
    },
    refresh: async (shopTmId) => {
      cache.delete(shopTmId)
      return bare(await readOnce(shopTmId))
    },
  }
}

/** First 16 hex digits of the token's SHA-256: tells tokens apart, opens nothing. */
export const credentialOf = (token: string): string =>
  createHash('sha256').update(token).digest('hex').slice(0, 16)

const noToken = (shopTmId: number, reason: string): UpstreamForbidden =>
  new UpstreamForbidden(`No call to TM for shop ${shopTmId}: ${reason}`, {
    details: { shop: shopTmId, reason },
  })

/**
 * What somebody pasted as a token: the bare token with its expiry, if it tells one; null when it cannot be one.
 * @param raw as `tm_tokens` may hold it: bare, with `Bearer`, or JSON with `token` or `accessToken`
 */
export const readToken = (
  raw: string,
): { readonly token: string; readonly expiresAt: string | null } | null => {
  const token = bareToken(raw)
  if (!isUsable(token)) return null
  const expiry = expiryOf(token)
  return { token, expiresAt: expiry === null ? null : new Date(expiry).toISOString() }
}

/** Printable ASCII without blanks: fit for a header. */
const isUsable = (token: string): boolean => /^[\x21-\x7e]+$/.test(token)

/** A row holds the bare token, or what the browser stored: JSON with `token` or `accessToken`. */
const bareToken = (raw: string): string => {
  const trimmed = raw.trim().replace(/^Bearer\s+/i, '')
  if (!trimmed.startsWith('{')) return trimmed
  try {
    const parsed = JSON.parse(trimmed) as Readonly<Record<string, unknown>>
    const inner = parsed['token'] ?? parsed['accessToken']
    return typeof inner === 'string' ? inner.trim() : trimmed
  } catch {
    return trimmed
  }
}

/** The JWT's `exp` in milliseconds, read without verifying: we only want to know when to ask again. */
const expiryOf = (token: string): number | null => {
  try {
    const { exp } = decodeJwt(token)
    return exp === undefined ? null : exp * 1000
  } catch {
    return null
  }
}

const earliest = (exp: number | null, stored: string | Date | null): number | null => {
  const expiresAt = stored === null ? Number.NaN : new Date(stored).getTime()
  if (Number.isNaN(expiresAt)) return exp
  return exp === null ? expiresAt : Math.min(exp, expiresAt)
}
