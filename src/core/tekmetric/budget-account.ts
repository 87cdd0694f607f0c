// One credential as this process sees it: who waits, what was claimed of the current slot, whether TM wants a rest.
//
//   idle     nobody waits, no timer
//   serving  somebody waits: one step at a time (`isStepping`), the next one planned by `timer`
//   resting  as serving, but steps do nothing until `restUntil`
//
// The store holds what all processes share: a counter per slot, the rest, and how far the rate is lowered.
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { UpstreamThrottled } from '../errors.ts'
import { abortReason } from './http-get.ts'
import { LaneQueue, type Waiter } from './lanes.ts'
import type { Lane } from './types.ts'

/** The store's part that is used: any limiter of rate-limiter-flexible, whatever its own points and duration. */
export type LimiterStore = Pick<RateLimiterAbstract, 'consume' | 'get' | 'set' | 'block'>

export interface Slots {
  readonly points: number
  readonly slotMs: number
}

export interface AccountOptions {
  readonly slots: Slots
  readonly openStore: () => Promise<LimiterStore>
  readonly patienceMs: number
  readonly onStoreError: (error: unknown) => void
}

export interface Ask {
  readonly calls: number
  readonly lane: Lane
  readonly signal?: AbortSignal | undefined
  readonly continues?: boolean | undefined
}

/** Slot keys are reused in turn, so a store without expiry of its own stays small. */
const SLOT_KEYS = 64
/** How soon a process notices a rest or a lowered rate that another one has set. */
const STATE_MAX_AGE_MS = 500
const RECOVERY_STEP_MS = 30_000
/** 1/16 of the rate at the lowest. */
const MAX_LEVEL = 4
const STORE_RETRY_MS = 1_000
const USAGE_SECONDS = 60

export class BudgetAccount {
  private readonly credential: string
  private readonly options: AccountOptions
  private readonly queue = new LaneQueue()
  /** Calls granted, by second. */
  private readonly granted = new Map<number, number>()
  private timer: NodeJS.Timeout | null = null
  private isStepping = false
  private lease = { slot: -1, left: 0 }
  /** The last slot that had no more for us. */
  private spentSlot = -1
  private restUntil = 0
  private level = 0
  private stateReadAt = 0

  constructor(credential: string, options: AccountOptions) {
    this.credential = credential
    this.options = options
  }

  get isIdle(): boolean {
    return this.queue.calls === 0 && !this.isStepping && this.restingMs === 0
  }

  get waiting(): number {
    return this.queue.calls
  }

  get restingMs(): number {
    return Math.max(0, this.restUntil - Date.now())
  }

  /** 1, 2, 4, 8 or 16: the rate is divided by this. */
  get slowdown(): number {
    return 2 ** this.level
  }

  get usedLastMinute(): number {
    const oldest = Math.floor(Date.now() / 1000) - USAGE_SECONDS
    return [...this.granted].reduce((sum, [second, calls]) => (second > oldest ? sum + calls : sum), 0)
  }

  /** Resolves when the calls may be made. @throws UpstreamThrottled; the signal's reason when aborted */
  async acquire(ask: Ask): Promise<void> {
    ask.signal?.throwIfAborted()
    const stayAwayMs = this.hopelessFor(ask)
    if (stayAwayMs !== null) throw exhausted(stayAwayMs)
    await this.wait(ask)
  }

  /** Rests and halves the rate, here at once and in all processes through the store. */
  async throttled(waitMs: number): Promise<void> {
    const wasResting = this.restingMs > 0
    this.restUntil = Math.max(this.restUntil, Date.now() + waitMs)
    this.lease.left = 0
    try {
      const store = await this.options.openStore()
      const rest = await store.get(this.key('rest'))
      const restMs = Math.max(rest?.msBeforeNext ?? 0, waitMs)
      await store.block(this.key('rest'), Math.max(1, Math.ceil(restMs / 1000)))
      // Calls that were on their way together are refused together: that is one strike.
      if (!wasResting && rest === null) await this.slowDown(store, restMs)
    } catch (err) {
      this.options.onStoreError(err)
    }
  }

  private async slowDown(store: LimiterStore, restMs: number): Promise<void> {
    const slow = await store.get(this.key('slow'))
    this.level = Math.min(levelOf(slow?.msBeforeNext ?? 0) + 1, MAX_LEVEL)
    // The rest itself is no recovery: steps begin to count after it.
    await store.set(this.key('slow'), 1, Math.ceil((this.level * RECOVERY_STEP_MS + restMs) / 1000))
  }

  /** How long to stay away when waiting is hopeless now, else null. A read that has begun only minds a rest. */
  private hopelessFor({ calls, continues = false }: Ask): number | null {
    const { slots, patienceMs } = this.options
    const queued = continues ? 0 : ((this.queue.calls + calls) * this.slotMs) / slots.points
    const longest = Math.max(this.restingMs, queued)
    return longest > patienceMs ? Math.max(this.restingMs, queued - patienceMs, 1_000) : null
  }

  private wait({ calls, lane, signal, continues = false }: Ask): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void) => {
        clearTimeout(patience)
        signal?.removeEventListener('abort', onAbort)
        finish()
      }
      const waiter: Waiter = { lane, continues, remaining: calls, grant: () => settle(resolve) }
      const giveUp = (error: Error) => {
        this.queue.remove(waiter)
        this.handOn(calls - waiter.remaining)
        if (this.queue.calls === 0) this.plan(null)
        settle(() => reject(error))
      }
      const onAbort = () => giveUp(signal ? abortReason(signal) : exhausted(0))
      const losePatience = () => {
        // Served in part, it is next: giving up now would cost more than waiting.
        if (waiter.remaining === calls || this.restingMs > 0)
          giveUp(exhausted(Math.max(this.restingMs, 1_000)))
        else patience = setTimeout(losePatience, this.slotMs)
      }
      let patience = setTimeout(losePatience, this.options.patienceMs)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.queue.push(waiter)
      if (this.timer === null) void this.run()
    })
  }

  /** Calls granted to somebody who gave up go to those who wait on. */
  private handOn(calls: number): void {
    if (calls === 0 || this.restingMs > 0) return
    this.lease.left += calls
    this.serve()
  }

  private async run(): Promise<void> {
    if (this.isStepping) return
    this.isStepping = true
    let pauseMs = STORE_RETRY_MS
    try {
      pauseMs = await this.step()
    } catch (err) {
      this.options.onStoreError(err)
    } finally {
      this.isStepping = false
    }
    this.plan(this.queue.calls > 0 ? pauseMs : null)
  }

  private plan(pauseMs: number | null): void {
    if (this.timer) clearTimeout(this.timer)
    this.timer = null
    if (pauseMs === null) return
    const next = () => {
      this.timer = null
      void this.run()
    }
    this.timer = setTimeout(next, Math.max(0, Math.ceil(pauseMs)))
  }

  /** Serves from the lease, else claims in the current slot. @returns milliseconds until the next step makes sense */
  private async step(): Promise<number> {
    if (Date.now() - this.stateReadAt > STATE_MAX_AGE_MS) await this.readState()
    if (this.restingMs > 0) return this.restingMs
    const slot = Math.floor(Date.now() / this.slotMs)
    if (this.lease.slot === slot) this.serve()
    if (this.queue.calls > 0 && this.spentSlot !== slot) await this.claim(slot)
    return this.spentSlot === slot ? (slot + 1) * this.slotMs - Date.now() : 0
  }

  /** Asks the shared counter of the slot for as many calls as wait here, and serves what we got. */
  private async claim(slot: number): Promise<void> {
    const { points } = this.options.slots
    // A large slot is claimed in eighths, so that a stream of single callers does not ask the store for each.
    const want = Math.min(points, Math.max(this.queue.calls, Math.ceil(points / 8)))
    const store = await this.options.openStore()
    const counted = await store
      .consume(this.key(`${this.level}.${slot % SLOT_KEYS}`), want, {
        customDuration: Math.ceil((2 * this.slotMs) / 1000) + 1,
      })
      .catch((err: unknown) => {
        if (err instanceof RateLimiterRes) return err
        throw err
      })
    const before = counted.consumedPoints - want
    const left = before < 0 ? 0 : Math.min(want, Math.max(0, points - before))
    this.lease = { slot, left }
    if (left < want || want === points) this.spentSlot = slot
    this.serve()
  }

  private serve(): void {
    const taken = this.queue.give(this.lease.left)
    if (taken === 0) return
    this.lease.left -= taken
    const second = Math.floor(Date.now() / 1000)
    this.granted.set(second, (this.granted.get(second) ?? 0) + taken)
    for (const key of this.granted.keys()) if (key <= second - USAGE_SECONDS) this.granted.delete(key)
  }

  private async readState(): Promise<void> {
    const store = await this.options.openStore()
    const [rest, slow] = await Promise.all([store.get(this.key('rest')), store.get(this.key('slow'))])
    this.stateReadAt = Date.now()
    this.restUntil = Math.max(this.restUntil, this.stateReadAt + (rest?.msBeforeNext ?? 0))
    this.level = Math.min(levelOf(slow?.msBeforeNext ?? 0), MAX_LEVEL)
  }

  private get slotMs(): number {
    return this.options.slots.slotMs * this.slowdown
  }

  private key(name: string): string {
    return `${this.credential}.${name}`
  }
}

/** Each step of recovery takes one level away: the key's remaining life says how many are left. */
const levelOf = (remainingMs: number): number => Math.ceil(remainingMs / RECOVERY_STEP_MS)

const exhausted = (waitMs: number): UpstreamThrottled =>
  new UpstreamThrottled('the budget of calls to TM is used up for now', Math.ceil(waitMs), {
    details: { waitMs: Math.ceil(waitMs), reason: 'budget' },
  })
