// The budget of calls to TM: one per credential, shared by all processes on one limiter store, shaped.
//
// Time is cut into slots that all processes agree on (wall clock); a slot admits `points` calls. A process that has
// callers waiting asks the store once per slot for as many as it needs, and every process sees the same counter, so
// the sum is exact. 97 % of the allowance is planned: calls arrive up to about a second after they were granted, and
// the rest keeps a server that counts any 60 seconds exactly from ever seeing more than it allows.
//
// 429: the credential rests for all processes (one key with the rest's life), and its rate halves (up to 1/16);
// it doubles again for every 30 s without another 429. Answers of calls that were on their way together count once.
//
// Patience: a caller that would wait longer gets UpstreamThrottled, so that its queue job is handed back to the queue
// instead of holding a worker.
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { UpstreamThrottled } from '../errors.ts'
import { abortReason } from './http-get.ts'
import { LaneQueue, type Waiter } from './lanes.ts'
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

/** The store's part that is used: any limiter of rate-limiter-flexible, whatever its own points and duration. */
export type LimiterStore = Pick<RateLimiterAbstract, 'consume' | 'get' | 'set' | 'block'>

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
  readonly patienceMs?: number
  /** Told when the store fails; waiting callers go on waiting. */
  readonly onStoreError?: (error: unknown) => void
}

const PATIENCE_MS = 20_000
const PLANNED_SHARE = 0.97
/** Short enough to look even, long enough to ask the store at most four times a second. */
const SLOT_TARGET_MS = 250
/** Slot keys are reused in turn, so a store without expiry of its own stays small. */
const SLOT_KEYS = 64
const STATE_MAX_AGE_MS = 500
const RECOVERY_STEP_SECONDS = 30
const MAX_LEVEL = 4
const STORE_RETRY_MS = 1_000
const MAX_IDLE_CREDENTIALS = 500

export interface Slots {
  readonly points: number
  readonly slotMs: number
}

/** How an allowance is cut into slots: `points` calls per `slotMs` milliseconds. */
export const slotsFor = (requestsPerMinute: number): Slots => {
  const points = Math.max(1, Math.ceil((requestsPerMinute / 60_000) * SLOT_TARGET_MS))
  const planned = Math.max(
    Math.min(requestsPerMinute * PLANNED_SHARE, requestsPerMinute - 3 * points),
    requestsPerMinute / 2,
  )
  return { points, slotMs: (60_000 * points) / planned }
}

/** The budget counts by itself, so of the limiter only the prefix matters; points and duration say what is meant. */
export const budgetLimiterSpec = (requestsPerMinute: number): BudgetLimiterSpec => {
  const { points, slotMs } = slotsFor(requestsPerMinute)
  return { keyPrefix: 'tm-budget', points, durationSeconds: Math.max(1, Math.ceil(slotMs / 1000)) }
}

/** One process's view of one credential. */
interface Account {
  readonly credential: string
  readonly queue: LaneQueue
  readonly granted: Map<number, number>
  timer: NodeJS.Timeout | null
  busy: boolean
  lease: { slot: number; left: number }
  askedSlot: number
  restUntil: number
  level: number
  stateReadAt: number
}

export const createCallBudget = (options: CallBudgetOptions): CallBudget => {
  const { requestsPerMinute, patienceMs = PATIENCE_MS, onStoreError = () => undefined } = options
  const slots = slotsFor(requestsPerMinute)
  const store = openStore(options.limiter, budgetLimiterSpec(requestsPerMinute))
  const accounts = new Map<string, Account>()
  const slotMsOf = (account: Account): number => slots.slotMs * 2 ** account.level

  const accountOf = (credential: string): Account => {
    const known = accounts.get(credential)
    if (known) return known
    if (accounts.size >= MAX_IDLE_CREDENTIALS)
      for (const [key, { queue, busy }] of accounts) if (queue.calls === 0 && !busy) accounts.delete(key)
    const account = newAccount(credential)
    accounts.set(credential, account)
    return account
  }

  const readState = async (account: Account): Promise<void> => {
    const limiter = await store()
    const [rest, slow] = await Promise.all([
      limiter.get(restKey(account.credential)),
      limiter.get(slowKey(account.credential)),
    ])
    const now = Date.now()
    account.stateReadAt = now
    account.restUntil = Math.max(
      account.restUntil > now ? account.restUntil : 0,
      now + (rest?.msBeforeNext ?? 0),
    )
    account.level = Math.min(Math.ceil((slow?.msBeforeNext ?? 0) / (RECOVERY_STEP_SECONDS * 1000)), MAX_LEVEL)
  }

  /** Asks the shared counter of the slot for `want` calls. @returns how many of them are ours */
  const claim = async (account: Account, slot: number, want: number): Promise<number> => {
    const key = `${account.credential}.${account.level}.${slot % SLOT_KEYS}`
    const customDuration = Math.ceil((2 * slotMsOf(account)) / 1000) + 1
    const limiter = await store()
    const counted = await limiter.consume(key, want, { customDuration }).catch((err: unknown) => {
      if (err instanceof RateLimiterRes) return err
      throw err
    })
    if (counted.consumedPoints < want) return 0
    return Math.min(want, Math.max(0, slots.points - (counted.consumedPoints - want)))
  }

  const serve = (account: Account): void => {
    const taken = account.queue.give(account.lease.left)
    account.lease.left -= taken
    if (taken > 0) count(account.granted, taken)
  }

  /** One step: serve from the lease, else claim in the current slot, else come back in the next one. */
  const step = async (account: Account): Promise<number | null> => {
    if (Date.now() - account.stateReadAt > STATE_MAX_AGE_MS) await readState(account)
    const now = Date.now()
    if (account.restUntil > now) return account.restUntil - now
    const slotMs = slotMsOf(account)
    const slot = Math.floor(now / slotMs)
    if (account.lease.slot === slot) serve(account)
    if (account.queue.calls === 0) return null
    if (account.askedSlot !== slot) {
      const want = Math.min(slots.points, Math.max(account.queue.calls, Math.ceil(slots.points / 8)))
      const left = await claim(account, slot, want)
      account.lease = { slot, left }
      // A slot that gave all we wanted may have more; one that did not is used up.
      if (left < want || want === slots.points) account.askedSlot = slot
      serve(account)
    }
    if (account.queue.calls === 0) return null
    return account.askedSlot === slot ? (slot + 1) * slotMs - Date.now() : 0
  }

  const run = async (account: Account): Promise<void> => {
    if (account.busy) return
    account.busy = true
    let pause: number | null
    try {
      pause = await step(account)
    } catch (err) {
      onStoreError(err)
      pause = STORE_RETRY_MS
    } finally {
      account.busy = false
    }
    if (account.queue.calls > 0) wake(account, pause ?? 0)
  }

  const wake = (account: Account, pauseMs: number): void => {
    if (account.timer) clearTimeout(account.timer)
    account.timer = setTimeout(
      () => {
        account.timer = null
        void run(account)
      },
      Math.max(0, Math.ceil(pauseMs)),
    )
  }

  /** How long to stay away when waiting is hopeless now, else null. A read that has begun only minds a rest. */
  const hopeless = (account: Account, { calls, continues }: AcquireInput): number | null => {
    const resting = account.restUntil - Date.now()
    const queued = continues ? 0 : ((account.queue.calls + calls) * slotMsOf(account)) / slots.points
    return Math.max(resting, queued) > patienceMs ? Math.max(resting, queued - patienceMs, 1_000) : null
  }

  const acquire = async (input: AcquireInput): Promise<void> => {
    const { credential, calls, lane, signal, continues = false } = input
    signal?.throwIfAborted()
    const account = accountOf(credential)
    const stayAwayMs = hopeless(account, input)
    if (stayAwayMs !== null) throw exhausted(stayAwayMs)
    await new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(patience)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const waiter: Waiter = { lane, continues, remaining: calls, grant: () => settle(resolve) }
      const giveUp = (error: Error) => {
        account.queue.remove(waiter)
        if (account.queue.calls === 0 && account.timer) {
          clearTimeout(account.timer)
          account.timer = null
        }
        settle(() => reject(error))
      }
      const onAbort = () => giveUp(signal ? abortReason(signal) : exhausted(0))
      const patience = setTimeout(
        () => giveUp(exhausted(Math.max(account.restUntil - Date.now(), 1_000))),
        patienceMs,
      )
      signal?.addEventListener('abort', onAbort, { once: true })
      account.queue.push(waiter)
      if (account.timer === null) void run(account)
    })
  }

  const throttled: CallBudget['throttled'] = async ({ credential, waitMs }) => {
    const account = accountOf(credential)
    const until = Date.now() + waitMs
    const wasResting = account.restUntil > Date.now()
    account.restUntil = Math.max(account.restUntil, until)
    account.lease.left = 0
    try {
      const limiter = await store()
      const rest = await limiter.get(restKey(credential))
      const left = Math.max(rest?.msBeforeNext ?? 0, waitMs)
      await limiter.block(restKey(credential), Math.max(1, Math.ceil(left / 1000)))
      if (wasResting || rest !== null) return
      const slow = await limiter.get(slowKey(credential))
      const level = Math.ceil((slow?.msBeforeNext ?? 0) / (RECOVERY_STEP_SECONDS * 1000)) + 1
      account.level = Math.min(level, MAX_LEVEL)
      // The rest itself is no recovery: steps begin to count after it.
      const seconds = account.level * RECOVERY_STEP_SECONDS + Math.ceil(left / 1000)
      await limiter.set(slowKey(credential), 1, seconds)
    } catch (err) {
      onStoreError(err)
    }
  }

  return {
    acquire,
    throttled,
    usage: (credential) => {
      const account = accounts.get(credential) ?? newAccount(credential)
      return {
        requestsPerMinute,
        currentPerMinute: requestsPerMinute / 2 ** account.level,
        usedLastMinute: sumOfLastMinute(account.granted),
        waiting: account.queue.calls,
        restingMs: Math.max(0, account.restUntil - Date.now()),
      }
    },
  }
}

/** Opens the limiter once; a failure is not remembered. */
const openStore = (limiter: CallBudgetOptions['limiter'], spec: BudgetLimiterSpec) => {
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

const restKey = (credential: string): string => `${credential}.rest`
const slowKey = (credential: string): string => `${credential}.slow`

const newAccount = (credential: string): Account => ({
  credential,
  queue: new LaneQueue(),
  granted: new Map(),
  timer: null,
  busy: false,
  lease: { slot: -1, left: 0 },
  askedSlot: -1,
  restUntil: 0,
  level: 0,
  stateReadAt: 0,
})

const exhausted = (waitMs: number): UpstreamThrottled =>
  new UpstreamThrottled('the budget of calls to TM is used up for now', Math.ceil(waitMs), {
    details: { waitMs: Math.ceil(waitMs), reason: 'budget' },
  })

const SECONDS = 60

/** Calls by second of the last minute; older seconds are dropped as new ones come. */
const count = (granted: Map<number, number>, calls: number): void => {
  const second = Math.floor(Date.now() / 1000)
  granted.set(second, (granted.get(second) ?? 0) + calls)
  for (const key of granted.keys()) if (key <= second - SECONDS) granted.delete(key)
}

const sumOfLastMinute = (granted: ReadonlyMap<number, number>): number => {
  const oldest = Math.floor(Date.now() / 1000) - SECONDS
  return [...granted].reduce((sum, [second, calls]) => (second > oldest ? sum + calls : sum), 0)
}
