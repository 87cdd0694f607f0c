// How one value of TM's JSON is read: lenient in shape (floats, numeric strings, objects with a name, nanoseconds,
// null, absent), strict in meaning (no fraction of a cent, no text for a number, no id beyond 2^53).
// Every reader returns null for null and absent, and reports a zod issue with the field's path otherwise.
// Issues never contain the value itself.
import { z } from 'zod'

/** Why a value is refused; a word for operators, without the value. */
class Refusal {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

const refuse = (reason: string): Refusal => new Refusal(reason)

const reader = <T>(read: (value: unknown) => T | Refusal) =>
  z
    .unknown()
    .optional()
    .transform((value, ctx): T => {
      const result = read(value)
      if (!(result instanceof Refusal)) return result
      ctx.issues.push({ code: 'custom', message: result.reason, input: undefined })
      return z.NEVER
    })

const NUMERIC = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d{1,3})?$/

const toNumber = (value: unknown): number | Refusal => {
  const number = typeof value === 'string' && NUMERIC.test(value.trim()) ? Number(value) : value
  if (typeof number !== 'number' || Number.isNaN(number)) return refuse('is not a number')
  if (!Number.isFinite(number)) return refuse('is not finite')
  return number === 0 ? 0 : number
}

const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined
const isBlank = (value: unknown): boolean =>
  isAbsent(value) || (typeof value === 'string' && value.trim() === '')

/** 0.1 + 0.2 style noise of a value that went through floats; far below any real fraction of a cent. */
const FLOAT_NOISE = 1e-6
/** Lines and ROs are INTEGER columns. */
const MAX_CENTS = 2_147_483_647

const toCents = (value: unknown): number | Refusal => {
  const number = toNumber(value)
  if (number instanceof Refusal) return number
  const cents = Math.round(number)
  if (Math.abs(number - cents) > FLOAT_NOISE) return refuse('is a fraction of a cent')
  if (Math.abs(cents) > MAX_CENTS) return refuse('is too large to be cents')
  return cents === 0 ? 0 : cents
}

/** Integer cents, or null. A blank string is no amount and is refused. */
export const cents = reader((value) => (isAbsent(value) ? null : toCents(value)))

/** Any finite decimal, or null. */
export const decimal = reader((value) => (isBlank(value) ? null : toNumber(value)))

/** Hours or a quantity: a finite decimal that is not negative, or null. */
export const amount = reader((value) => {
  if (isBlank(value)) return null
  const number = toNumber(value)
  return typeof number === 'number' && number < 0 ? refuse('is negative') : number
})

/** NUMERIC(12,2) holds ten digits before the point. */
const MAX_RATIO = 99_999_999

/** A ratio; TM writes `"NaN"` for 0 ÷ 0, which means "no value". A true 0 stays 0. */
export const ratio = reader((value) => {
  if (isBlank(value) || (typeof value === 'string' && value.trim().toLowerCase() === 'nan')) return null
  const number = toNumber(value)
  return typeof number === 'number' && Math.abs(number) > MAX_RATIO ? refuse('is too large') : number
})

const toWhole = (value: unknown): number | Refusal => {
  const number = toNumber(value)
  if (number instanceof Refusal) return number
  return Number.isSafeInteger(number) ? number : refuse('is not a safe integer')
}

const toId = (value: unknown): number | Refusal => {
  const number = toWhole(value)
  return typeof number === 'number' && number <= 0 ? refuse('is not a positive id') : number
}

/** A positive id, or null. 0 and "" stand for "none" in TM's optional links. */
export const id = reader((value) => {
  if (isBlank(value)) return null
  const number = toWhole(value)
  return number === 0 ? null : toId(value)
})

/** A positive id that must be there. */
export const requiredId = reader((value) => (isBlank(value) ? refuse('is missing') : toId(value)))

/** An integer such as a sort order or a year, or null. */
export const whole = reader((value) => (isBlank(value) ? null : toWhole(value)))

/** true, false or null; TM's third state is never folded into the second. */
export const flag = reader((value) => {
  if (isBlank(value)) return null
  if (typeof value === 'boolean') return value
  if (value === 'true' || value === 1) return true
  if (value === 'false' || value === 0) return false
  return refuse('is neither true nor false')
})

/** Text that Postgres can store: without NUL and lone surrogates. Kept as sent otherwise. */
export const storableText = (text: string): string =>
  text.replaceAll('\u0000', '').replace(/\p{Surrogate}/gu, '\uFFFD')

const toText = (value: unknown): string | null | Refusal => {
  if (isAbsent(value)) return null
  if (typeof value === 'string') return storableText(value)
  if (typeof value === 'number' && Number.isFinite(value)) return String(value)
  return refuse('is not text')
}

/** Text without blanks around it; "" means none, as null does. */
export const text = reader((value) => {
  const result = toText(value)
  return typeof result === 'string' ? result.trim() || null : result
})

/** Text that must be there. */
export const requiredText = reader((value) => {
  const result = toText(value)
  if (result instanceof Refusal) return result
  return result?.trim() || refuse('is missing')
})

export interface Named {
  readonly id: number | null
  readonly name: string | null
  readonly code: string | null
}

const NAMELESS: Named = { id: null, name: null, code: null }

const trimmed = (value: unknown): string | null => {
  const result = toText(value)
  return typeof result === 'string' ? result.trim() || null : null
}

/** `make`, `model`, `engine`, `partType`, labels: a string, or an object with id, name and code. */
export const named = reader((value): Named | Refusal => {
  if (isAbsent(value)) return NAMELESS
  if (typeof value === 'string' || typeof value === 'number') return { ...NAMELESS, name: trimmed(value) }
  if (typeof value !== 'object' || Array.isArray(value)) return refuse('is neither text nor an object')
  const object = value as Readonly<Record<string, unknown>>
  const number = toId(object['id'])
  return {
    id: typeof number === 'number' ? number : null,
    name: trimmed(object['name']),
    code: trimmed(object['code'] ?? object['statusCode']),
  }
})

const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s*([Zz]|[+-]\d{2}:?\d{2})?$/

/**
 * Canonical UTC instant: `2026-03-03T15:48:52.364767Z`. Nanoseconds are cut (not rounded) to the microseconds that
 * Postgres keeps, so the same source text always gives the same text here.
 */
export const canonicalInstant = (
  value: string,
  { zoneless }: { zoneless: 'utc' | 'refuse' },
): string | Refusal => {
  const match = INSTANT.exec(value.trim())
  if (!match) return refuse('is not an ISO-8601 instant')
  const [, year, month, day, hour, minute, second = '00', fraction = '', zone = ''] = match
  if (!zone && zoneless === 'refuse') return refuse('has no UTC offset')
  const wall = Date.UTC(+year!, +month! - 1, +day!, +hour!, +minute!, +second)
  const echoed = new Date(wall).toISOString().slice(0, 19)
  if (echoed !== `${year}-${month}-${day}T${hour}:${minute}:${second}`) return refuse('is no calendar date')
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(zone)
  const shift = offset ? (offset[1] === '-' ? -1 : 1) * (+offset[2]! * 60 + +offset[3]!) * 60_000 : 0
  const micros = fraction.slice(0, 6).replace(/0+$/, '')
  return `${new Date(wall - shift).toISOString().slice(0, 19)}${micros ? `.${micros}` : ''}Z`
}

const instantWith = (zoneless: 'utc' | 'refuse') =>
  reader((value) => {
    if (isBlank(value)) return null
    return typeof value === 'string' ? canonicalInstant(value, { zoneless }) : refuse('is not an instant')
  })

/** An instant whose meaning decides numbers: a text without offset is refused. */
export const instant = instantWith('refuse')

/** An instant for display (promised, dropped off): TM documents these without `Z`; then UTC is assumed. */
export const displayInstant = instantWith('utc')

const roundHalfAway = (numerator: bigint, denominator: bigint): bigint => {
  const magnitude = numerator < 0n ? -numerator : numerator
  const rounded = (2n * magnitude + denominator) / (2n * denominator)
  return numerator < 0n ? -rounded : rounded
}

/** Exact quantity × cents, rounded half away from zero (5.5 × 899 = 4944.5 → 4945; 1.005 × 100 → 101). */
export const timesCents = (quantity: number, unitCents: number): number => {
  const [mantissa = '0', exponent = '0'] = String(quantity).toLowerCase().split('e')
  const [units = '0', fraction = ''] = mantissa.split('.')
  const scale = fraction.length - Number(exponent)
  const digits = BigInt(units + fraction) * BigInt(unitCents)
  const product = scale >= 0 ? roundHalfAway(digits, 10n ** BigInt(scale)) : digits * 10n ** BigInt(-scale)
  return Number(product)
}
