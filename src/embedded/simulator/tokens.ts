// Web-app tokens: opaque, shaped like the real ones, signed with the seed. One per shop, and one that opens every shop, are
// made when the simulator starts; one from an earlier start with the same seed works too, as TM's outlive its restarts.
// An expired token answers 401 until a new one is issued.
import { createHash } from 'node:crypto'
import { z } from 'zod'

interface Issued {
  /** null: every shop. */
  readonly shop: number | null
  isExpired: boolean
  /** Milliseconds of the real clock; null never expires. */
  readonly expiresAt: number | null
}

const Claims = z.object({ shop: z.int().nullable(), exp: z.int().optional() })

export interface TokenOptions {
  /** When the token stops working and what its `exp` claim says, ISO; without it there is no such claim. */
  readonly expiresAt?: string
}

export class Tokens {
  readonly #seed: number
  readonly #issued = new Map<string, Issued>()
  readonly #current = new Map<number | null, string>()
  readonly #expired = new Set<number | null>()
  #count = 0

  constructor(seed: number, shops: readonly number[]) {
    this.#seed = seed
    for (const shop of shops) this.issue(shop)
    this.#issue(null, {})
  }

  /** The newest token of a shop. */
  for(shop: number): string {
    return this.#current.get(shop) ?? this.issue(shop)
  }

  /** The newest token that opens every shop. */
  get allShops(): string {
    return this.#current.get(null) ?? this.#issue(null, {})
  }

  /** Makes a new token for a shop; earlier ones stay valid until they are expired. */
  issue(shop: number, options: TokenOptions = {}): string {
    return this.#issue(shop, options)
  }

  /** A new token for every shop, as when the person behind it logs in again. */
  issueForAllShops(options: TokenOptions = {}): string {
    return this.#issue(null, options)
  }

  /** Every token of the shop made so far answers 401 from now on; `null` means those for all shops. */
  expire(shop: number | null): void {
    this.#expired.add(shop)
    for (const entry of this.#issued.values()) if (entry.shop === shop) entry.isExpired = true
  }

  /** What a token may open. Undefined: unknown or expired. */
  scopeOf(token: string | undefined): { shop: number | null } | undefined {
    const entry = token === undefined ? undefined : (this.#issued.get(token) ?? this.#issuedEarlier(token))
    if (!entry || entry.isExpired) return undefined
    if (entry.expiresAt !== null && entry.expiresAt <= Date.now()) return undefined
    return { shop: entry.shop }
  }

  #issue(shop: number | null, options: TokenOptions): string {
    this.#count += 1
    const expiresAt = options.expiresAt === undefined ? null : Date.parse(options.expiresAt)
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = {
      sub: `sim-${this.#count}`,
      shop,
      ...(expiresAt === null ? {} : { exp: Math.floor(expiresAt / 1000) }),
    }
    const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
    const token = `${body}.${this.#sign(body)}`
    this.#issued.set(token, { shop, isExpired: false, expiresAt })
    this.#current.set(shop, token)
    return token
  }

  #sign(body: string): string {
    return createHash('sha256').update(`${this.#seed}.${body}`).digest('base64url')
  }

  #issuedEarlier(token: string): Issued | undefined {
    const [header, claims = '', signature] = token.split('.')
    if (signature !== this.#sign(`${header}.${claims}`)) return undefined
    const { shop, exp } = Claims.parse(JSON.parse(Buffer.from(claims, 'base64url').toString()))
    const isExpired = this.#expired.has(shop)
    return { shop, isExpired, expiresAt: exp === undefined ? null : exp * 1000 }
  }
}
