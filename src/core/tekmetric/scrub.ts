// What must never be stored or logged: the authorization nonce, tokens, permissions, pay, people's addresses.
import { storableText } from './values.ts'

const SECRET = /nonce|token|jwt|passw|secret|permission|credential|api_?key|session|cookie/i
const PRIVATE = new Set(['account', 'address', 'hourlyRate', 'salary', 'commissionSetting', 'email', 'phone'])

type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const copyWithout = (value: unknown, isDropped: (key: string) => boolean): unknown => {
  if (typeof value === 'string') return storableText(value)
  if (Array.isArray(value)) return value.map((item) => copyWithout(item, isDropped))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isDropped(key))
      .map(([key, inner]) => [storableText(key), copyWithout(inner, isDropped)]),
  )
}

/** A copy of a raw answer that may be kept for diagnosis: everything but secrets. People's data stays in it. */
export const withoutSecrets = (value: unknown): unknown => copyWithout(value, (key) => SECRET.test(key))

/**
 * The keys of an answer that have no column, for `tm_extra`: without those in `mapped`, without secrets and private
 * data at any depth, without nulls (they say nothing).
 */
export const extraOf = (answer: object, mapped: ReadonlySet<string>): Record<string, unknown> => {
  const kept = Object.entries(answer).filter(
    ([key, value]) => !mapped.has(key) && value !== null && value !== undefined,
  )
  return copyWithout(Object.fromEntries(kept), (key) => SECRET.test(key) || PRIVATE.has(key)) as Json
}

/** A server's own words for a log: one line, short, with anything token-like or addressed to a person taken out. */
export const scrubMessage = (message: string): string =>
  message
    .replace(/\s+/g, ' ')
    .replace(/[\w.+-]+@[\w-]+\.[\w.-]+/g, '[e-mail]')
    .replace(/[A-Za-z0-9+/_.=-]{24,}/g, '[long text]')
    .trim()
    .slice(0, 200)
