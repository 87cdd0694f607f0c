// The budget of calls to TM: one per credential, shared by all processes on one limiter store, shaped.
//
// Time is cut into slots that all processes agree on (wall clock); a slot admits `points` calls. A process that has
// callers waiting asks the store in each slot for as many as it needs, and every process sees the same counter, so
// the sum is exact. 97 % of the allowance is planned: calls arrive up to about a second after they were granted, and
// the rest keeps a server that counts any 60 seconds exactly from ever seeing more than it allows.
//
// 429: the credential rests for all processes (one key with the rest's life), and its rate halves (up to 1/16);
// it doubles again for every 30 s without another 429. Answers of calls that were on their way together count once.
//
// Patience: a caller that would wait longer gets UpstreamThrottled, so that its queue job is handed back to the queue
// instead of holding a worker.
import { BudgetAccount, type LimiterStore, type Slots } from './budget-account.ts'
import type { Lane } from './types.ts'

export interface AcquireInput {
  readonly credential: string
  readonly calls: number
  readonly lane: Lane
  readonly signal?: AbortSignal | undefined
  /** A further call of a read that has begun; goes before all others of this process. */
  readonly continues?: boolean | undefined
}

export interface BudgetUsage {
  /** What the setting allows. */
  readonly requestsPerMinute: number
  /** What is allowed now: halved after a 429. */
  readonly currentPerMinute: number
  /** Calls granted to this process in the last 60 seconds. */
  readonly usedLastMinute: number
  /** Calls waiting in this process. */
  readonly waiting: number
  /** How much longer the credential rests after a 429; 0 when it does not. */
  readonly restingMs: number
}

export interface CallBudget {
  /** Resolves when `calls` calls may be made now. @throws UpstreamThrottled; the signal's reason when aborted */
  acquire(input: AcquireInput): Promise<void>
  /** TM answered 429: the credential rests `waitMs` and then goes on at half its rate, in all processes. */
  throttled(input: { readonly credential: string; readonly waitMs: number }): Promise<void>
  usage(credential: string): BudgetUsage
}

/** What is asked of a queue store that makes limiters. */
export interface BudgetLimiterSpec {
  readonly keyPrefix: string
  readonly points: number
  readonly durationSeconds: number
}

export interface CallBudgetOptions {
  /** A limiter on the store that all processes share, or the way to get one (called once, when first needed). */
  readonly limiter: LimiterStore | ((spec: BudgetLimiterSpec) => Promise<LimiterStore>)
  readonly requestsPerMinute: number
  /** Default 20 s. */
  readonly patienceMs?: number
  /** Told when the store fails; waiting callers go on waiting. */
  readonly onStoreError?: (error: unknown) => void
}

const PATIENCE_MS = 20_000
const PLANNED_SHARE = 0.97
/** Short enough to look even, long enough to ask the store at most a few times a second. */
const SLOT_TARGET_MS = 250
/** Tokens change about twice a day per shop; accounts of those no longer used are dropped beyond this many. */
const MAX_ACCOUNTS = 500

/** How an allowance is cut into slots: `points` calls per `slotMs` milliseconds. */
export const slotsFor = (requestsPerMinute: number): Slots => {
  const points = Math.max(1, Math.ceil((requestsPerMinute / 60_000) * SLOT_TARGET_MS))
  // Two slots may touch the ends of a minute and one call may be late: three slots stay free, but half the rate is used.
  const planned = Math.max(
    Math.min(requestsPerMinute * PLANNED_SHARE, requestsPerMinute - 3 * points),
    requestsPerMinute / 2,
  )
  return { points, slotMs: (60_000 * points) / planned }
}

/** The budget counts by itself, so of the limiter only the prefix matters; points and duration say what is meant. */
/** What the slots let through per minute at the rate of now: a little below the budget, which is what may be expected. */
export const plannedPerMinute = ({ requestsPerMinute, currentPerMinute }: BudgetUsage): number => {
  const { points, slotMs } = slotsFor(requestsPerMinute)
  return ((points * 60_000) / slotMs) * (currentPerMinute / requestsPerMinute)
}

export const budgetLimiterSpec = (requestsPerMinute: number): BudgetLimiterSpec => {
  const { points, slotMs } = slotsFor(requestsPerMinute)
  return { keyPrefix: 'tm-budget', points, durationSeconds: Math.max(1, Math.ceil(slotMs / 1000)) }
}

export const createCallBudget = (options: CallBudgetOptions): CallBudget => {
  const { requestsPerMinute, patienceMs = PATIENCE_MS, onStoreError = () => undefined } = options
  const openStore = storeOpener(options.limiter, budgetLimiterSpec(requestsPerMinute))
  const accounts = new Map<string, BudgetAccount>()
  const accountOptions = { slots: slotsFor(requestsPerMinute), openStore, patienceMs, onStoreError }

  const accountOf = (credential: string): BudgetAccount => {
    const known = accounts.get(credential)
    if (known) return known
    if (accounts.size >= MAX_ACCOUNTS)
      for (const [key, { isIdle }] of accounts) if (isIdle) accounts.delete(key)
    const account = new BudgetAccount(credential, accountOptions)
    accounts.set(credential, account)
    return account
  }

  return {
    acquire: ({ credential, ...ask }) => accountOf(credential).acquire(ask),
    throttled: ({ credential, waitMs }) => accountOf(credential).throttled(waitMs),
    usage: (credential) => {
      const account = accountOf(credential)
      return {
        requestsPerMinute,
        currentPerMinute: requestsPerMinute / account.slowdown,
        usedLastMinute: account.usedLastMinute,
        waiting: account.waiting,
        restingMs: account.restingMs,
      }
    },
  }
}

/** Opens the limiter once; a failure is not remembered. */
const storeOpener = (limiter: CallBudgetOptions['limiter'], spec: BudgetLimiterSpec) => {
  let opened: Promise<LimiterStore> | null = null
  return (): Promise<LimiterStore> => {
    if (typeof limiter !== 'function') return Promise.resolve(limiter)
    opened ??= limiter(spec).catch((err: unknown) => {
      opened = null
      throw err
    })
    return opened
  }
}
