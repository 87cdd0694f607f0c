// Is this installation able to do its work now? The queue store answers, the warehouse answers, and a canary came through
// every queue recently: a queue that looks alive and does nothing is not ready.
import type { Logger } from './logger.ts'
import { QUEUE_NAMES, type QueueName } from './queues.ts'
import type { QueueStore } from './queue-store.ts'
import { oneAtATime, withinTime } from './time-limit.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

export interface Readiness {
  readonly ready: boolean
  /** By name of the check: `queueStore`, `warehouse`, and `canary.<queue>` for each queue. */
  readonly checks: Readonly<Record<string, boolean>>
}

export interface ReadinessParts {
  readonly store: Pick<QueueStore, 'check'>
  readonly warehouse: { readonly operations: Pick<Warehouse['operations'], 'canaryAges'> }
  readonly log: Logger
}

/** Canaries fly every minute: two may be late, three are missing. */
const CANARY_LIMIT_SECONDS = 150
/** Listings hold their places in this queue for minutes on purpose; a canary goes next, but not sooner. */
const LONG_JOBS: ReadonlySet<QueueName> = new Set(['discovery'])
const LONG_LIMIT_SECONDS = 900
/** After an outage of this long only a canary that flew since proves that the queues work again; a blink proves nothing. */
const OUTAGE_MS = 10_000
/** Probes give up after 5 s or more. */
const ANSWER_MS = 3_000
/** Many may ask at once; this much older an answer is still the truth. */
const KEEP_MS = 1_000

/** How old the last canary of a queue may be, in seconds. */
export const canaryLimitSeconds = (queue: QueueName): number =>
  LONG_JOBS.has(queue) ? LONG_LIMIT_SECONDS : CANARY_LIMIT_SECONDS

/** Makes the check that /readyz asks. It never rejects, and answers within a few seconds whatever is away. */
export const createReadiness = ({ store, warehouse, log }: ReadinessParts): (() => Promise<Readiness>) => {
  let last: { readonly at: number; readonly readiness: Readiness } | null = null
  const outage = createOutageNote()
  const look = async (): Promise<Readiness> => {
    const [queueStore, ages] = await Promise.all([
      withinTime(store.check(), ANSWER_MS, 'queue store').then(
        () => true,
        () => false,
      ),
      withinTime(warehouse.operations.canaryAges(), ANSWER_MS, 'warehouse').catch(() => null),
    ])
    const checks: Record<string, boolean> = { queueStore, warehouse: ages !== null }
    // Of a warehouse that does not answer nothing is known of the canaries.
    const since = outage.secondsSince(queueStore && ages !== null)
    if (ages !== null)
      for (const queue of QUEUE_NAMES)
        checks[`canary.${queue}`] = (ages[queue] ?? Infinity) <= Math.min(canaryLimitSeconds(queue), since)
    return { ready: Object.values(checks).every(Boolean), checks }
  }
  const shared = oneAtATime(async () => {
    const readiness = await look()
    if (last?.readiness.ready !== readiness.ready) sayChange(log, readiness, last === null)
    last = { at: performance.now(), readiness }
    return readiness
  })
  return async () => (last !== null && performance.now() - last.at < KEEP_MS ? last.readiness : shared())
}

/** Remembers when a part was last seen away in an outage of some length. */
const createOutageNote = () => {
  let began: number | null = null
  let lastSeenAway = 0
  let outageUntil: number | null = null
  return {
    /** @returns seconds since the last look of an outage; Infinity when there was none */
    secondsSince: (answers: boolean, now = performance.now()): number => {
      if (!answers) {
        began ??= now
        lastSeenAway = now
      } else if (began !== null) {
        if (now - began > OUTAGE_MS) outageUntil = lastSeenAway
        began = null
      }
      return outageUntil === null ? Infinity : (now - outageUntil) / 1000
    },
  }
}

/** One line per change, so that the log tells when and why. */
const sayChange = (log: Logger, { ready, checks }: Readiness, first: boolean): void => {
  const failing = Object.keys(checks).filter((name) => checks[name] !== true)
  if (ready) log.info({ event: 'readiness.ready' }, 'ready')
  else if (first) log.info({ event: 'readiness.waiting', failing }, 'not ready yet')
  else log.warn({ event: 'readiness.lost', failing }, 'no longer ready')
}
