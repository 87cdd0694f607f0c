// What a queue's 'error' event really says, and how often it is said: an outage repeats itself many times a second, and a
// defect of ours or a refusal by the store (out of memory, read only, wrong password) must not pass for an outage.
import type { Logger } from './logger.ts'

/**
 * `away` passes by itself; `refused` needs a person to look at the store; `overtaken` is a queue job that ended here after
 * the store had given it to another worker, or lost it: it runs again, or was swept up; `defect` is none of the store's.
 */
export type StoreTrouble = 'away' | 'refused' | 'overtaken' | 'defect'

const AWAY_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CONNECTION_ENDED',
])
/** Of SQLSTATE: connection, shutdown and start-up. */
const AWAY_SQLSTATE = /^(?:08...|57P0[123])$/
/** Drivers that name no code for a lost connection. */
const AWAY_WORDS =
  /connection (?:is closed|terminated|ended|timeout)|client has encountered a connection error|socket (?:closed|hang up)|reached the max retries/i
/** Redis while it starts, or hands over to a replica. */
const REDIS_PASSING = /^(?:LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|UNBLOCKED)\b/
const REDIS_REFUSAL = /^(?:OOM|MISCONF|READONLY|NOAUTH|WRONGPASS|NOPERM|NOREPLICAS)\b/
/** Of SQLSTATE: authorization, resources, a full disk. */
const REFUSED_SQLSTATE = /^(?:28...|42501|53...|58...|25006)$/

/** BullMQ's own: no such queue job, no lock on it, not active, the lock of another. */
const OVERTAKEN: ReadonlySet<unknown> = new Set([-1, -2, -3, -6])
/** The same while it still runs; BullMQ gives this error no code. */
const LOCK_LOST = /^could not renew lock for job/

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

export const troubleOf = (error: unknown): StoreTrouble => {
  // Node tries all addresses of a name and reports them together.
  if (error instanceof AggregateError && error.errors.length > 0) return troubleOf(error.errors[0])
  const code = codeOf(error)
  if (error instanceof Error && 'code' in error && OVERTAKEN.has(error.code)) return 'overtaken'
  const message = error instanceof Error ? error.message : String(error)
  if (AWAY_CODES.has(code) || AWAY_SQLSTATE.test(code) || REDIS_PASSING.test(message)) return 'away'
  if (LOCK_LOST.test(message)) return 'overtaken'
  if (REFUSED_SQLSTATE.test(code) || REDIS_REFUSAL.test(message)) return 'refused'
  return AWAY_WORDS.test(message) ? 'away' : 'defect'
}

const SENTENCES: Readonly<Record<StoreTrouble, string>> = {
  away: 'the queue store is away; work goes on when it is back',
  refused: 'the queue store is there and refuses to work',
  overtaken: 'a queue job ended here that the store had given away or lost; its work is done twice at most',
  defect: 'an error inside the queue library',
}

/** The same trouble is said once in this time, with how often it came. */
const REPEAT_MS = 30_000

/** A listener for the 'error' event of one queue, worker or connection. */
export const reportStoreErrors = (log: Logger, now: () => number = Date.now): ((error: unknown) => void) => {
  const said = new Map<string, { at: number; unsaid: number }>()
  return (error) => {
    const trouble = troubleOf(error)
    const code = codeOf(error) || (error instanceof Error ? error.name : 'unknown')
    const key = trouble === 'away' ? trouble : `${trouble} ${code}`
    const last = said.get(key)
    if (last !== undefined && now() - last.at < REPEAT_MS) {
      last.unsaid += 1
      return
    }
    said.set(key, { at: now(), unsaid: 0 })
    const fields = { event: `queue-store.${trouble}`, code, repeated: last?.unsaid ?? 0 }
    if (trouble === 'away' || trouble === 'overtaken') log.warn(fields, SENTENCES[trouble])
    else log.error({ ...fields, err: error }, SENTENCES[trouble])
  }
}
