// What an HTTP answer of TM means for us: JSON, or one of our errors (pipeline.md, failures by class).
// Errors name the route template and the status; never a URL, a token or a body, except a 400's own message, scrubbed.
import {
  type AppError,
  UpstreamChanged,
  UpstreamDown,
  UpstreamForbidden,
  UpstreamGone,
  UpstreamThrottled,
} from '../errors.ts'
import type { RouteTemplate } from './routes.ts'
import { scrubMessage } from './scrub.ts'

export interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: string
}

export interface Asked {
  readonly route: RouteTemplate
  readonly shopTmId: number
}

/** Waits longer than this are a mistake of the server (or its clock); we ask again after an hour at the latest. */
const MAX_WAIT_MS = 3_600_000
/** "Retry at once" (0, or a date that is past by our clock) after a 429 would be hammering. */
const MIN_WAIT_MS = 1_000

/** `Retry-After` as seconds or as an HTTP date → milliseconds from `now`; null when absent or unreadable. */
export const retryAfterMs = (header: string | null, now: number): number | null => {
  if (header === null || header.trim() === '') return null
  const seconds = Number(header)
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now
  return Number.isNaN(wait) ? null : Math.min(Math.max(Math.ceil(wait), MIN_WAIT_MS), MAX_WAIT_MS)
}

/** Without `Retry-After`: 2 s, 4 s, 8 s … 60 s by the number of 429s in a row, plus up to a second of jitter. */
export const backoffMs = (strikes: number, random: () => number = Math.random): number =>
  Math.min(1000 * 2 ** Math.min(Math.max(strikes, 1), 10), 60_000) + Math.floor(random() * 1000)

const detailsOf = ({ route, shopTmId }: Asked, status: number) => ({ shop: shopTmId, route, status })

/**
 * The error that a status stands for; null for 200.
 * @param waitMs what to wait after a 429
 */
export const errorOfStatus = (asked: Asked, answer: Answer, waitMs: () => number): AppError | null => {
  const { status } = answer
  const details = detailsOf(asked, status)
  if (status === 200) return null
  if (status === 401 || status === 403)
    return new UpstreamForbidden(`TM refuses shop ${asked.shopTmId}'s token (${status}) on ${asked.route}`, {
      details,
    })
  if (status === 404 || status === 410)
    return new UpstreamGone(`TM has nothing at ${asked.route}`, { details })
  if (status === 429)
    return new UpstreamThrottled(`TM asks us to slow down on ${asked.route}`, waitMs(), { details })
  if (status === 408 || status === 425 || status < 400 || status >= 500)
    return new UpstreamDown(`TM answered ${status} on ${asked.route}`, { details })
  const message = messageOf(answer.body)
  return new UpstreamChanged(`TM refuses our request (${status}) on ${asked.route}`, {
    details: message === null ? details : { ...details, message },
  })
}

const messageOf = (body: string): string | null => {
  const parsed = parse(body)
  if (typeof parsed !== 'object' || parsed === null) return null
  const said = ['message', 'error_description', 'error']
    .map((key) => (parsed as Readonly<Record<string, unknown>>)[key])
    .find((value) => typeof value === 'string' && value !== '')
  return typeof said === 'string' ? scrubMessage(said) : null
}

const NOT_JSON = Symbol('not JSON')

const parse = (body: string): unknown => {
  try {
    return JSON.parse(body) as unknown
  } catch (err) {
    if (err instanceof SyntaxError) return NOT_JSON
    throw err
  }
}

/**
 * The JSON of a 200. An empty body, HTML, a truncated text or an error envelope is a fault of the moment.
 * @throws UpstreamDown
 */
export const jsonOf = (asked: Asked, answer: Answer): unknown => {
  const details = detailsOf(asked, answer.status)
  const down = (what: string) => new UpstreamDown(`TM answered ${what} on ${asked.route}`, { details })
  if (answer.body.trim() === '') throw down('with an empty body')
  const parsed = parse(answer.body)
  if (parsed === NOT_JSON) throw down(answer.body.trimStart().startsWith('<') ? 'HTML' : 'broken JSON')
  if (isErrorEnvelope(parsed)) throw down('an error with status 200')
  return parsed
}

const isErrorEnvelope = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'ERROR' &&
  'message' in value
