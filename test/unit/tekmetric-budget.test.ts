// The call budget on a virtual clock: several "processes" (budgets) share one limiter store.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createCallBudget, slotsFor, type CallBudget } from '../../src/core/tekmetric/budget.ts'
import type { Lane } from '../../src/core/tekmetric/types.ts'
import { UpstreamThrottled } from '../../src/core/errors.ts'

const credential = 'cafe0123cafe0123'
const newStore = () => new RateLimiterMemory({ points: 1, duration: 1, keyPrefix: 'tm-budget' })

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-05T01:12:09.137Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

interface Load {
  readonly budget: CallBudget
  readonly workers: number
  readonly calls: number
  readonly lane?: Lane
  /** Callers pause up to this long between two requests, each time differently. */
  readonly pauseMs?: number
}

/** Callers that ask again as soon as they were served; returns the instants of all calls. */
const run = (loads: readonly Load[], minutes: number) => {
  const until = Date.now() + minutes * 60_000
  const calls: Array<{ at: number; lane: Lane; budget: CallBudget }> = []
  const work = async ({ budget, calls: size, lane = 'incremental', pauseMs }: Load) => {
    while (Date.now() < until) {
      try {
        await budget.acquire({ credential, calls: size, lane })
      } catch (err) {
        if (!(err instanceof UpstreamThrottled)) throw err
        await new Promise((resolve) => setTimeout(resolve, err.waitMs))
        continue
      }
      for (let i = 0; i < size; i += 1) calls.push({ at: Date.now(), lane, budget })
      if (pauseMs) await new Promise((resolve) => setTimeout(resolve, (calls.length * 7919) % pauseMs))
    }
  }
  const done = Promise.all(loads.flatMap((load) => Array.from({ length: load.workers }, () => work(load))))
  return { calls, done }
}

/** The most calls in any 60 s, as a server counts that keeps a log of instants; each call may arrive `lateMs` late. */
const busiestMinute = (instants: readonly number[]): number => {
  const sorted = [...instants].sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, at] of sorted.entries()) {
    while (sorted[from]! <= at - 60_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}

describe.each([30, 60, 150, 600, 3_000])('a budget of %i calls a minute', (requestsPerMinute) => {
  it('is used up by 3 busy processes and never exceeded in any 60 seconds', async () => {
    const limiter = newStore()
    const budgets = Array.from({ length: 3 }, () => createCallBudget({ limiter, requestsPerMinute }))
    const { calls, done } = run(
      budgets.map((budget) => ({ budget, workers: 4, calls: 2 })),
      4,
    )
    await vi.advanceTimersByTimeAsync(5 * 60_000)
    await done
    const instants = calls.map(({ at }) => at)
    // Real calls arrive late by what the read before them took: up to half a second here, differently each time.
    const late = instants.map((at, i) => at + ((i * 7919) % 500))
    expect(busiestMinute(instants)).toBeLessThanOrEqual(requestsPerMinute)
    expect(busiestMinute(late)).toBeLessThanOrEqual(requestsPerMinute)
    expect(instants.length / 4).toBeGreaterThanOrEqual(
      requestsPerMinute * (requestsPerMinute < 150 ? 0.85 : 0.95),
    )
  })
})

it.each([30, 60, 150])(
  'a budget of %i is not exceeded by callers that come and go at any moment',
  async (rpm) => {
    const limiter = newStore()
    const loads = Array.from({ length: 4 }, () => ({
      budget: createCallBudget({ limiter, requestsPerMinute: rpm }),
      workers: 5,
      calls: 1,
      pauseMs: 3_001,
    }))
    const { calls, done } = run(loads, 5)
    await vi.advanceTimersByTimeAsync(6 * 60_000)
    await done
    expect(busiestMinute(calls.map(({ at }) => at))).toBeLessThanOrEqual(rpm)
    expect(calls.length / 5).toBeGreaterThan(rpm * 0.85)
  },
)

describe('the shape', () => {
  it('spreads calls: no second of the default budget holds more than a handful', async () => {
    const { calls, done } = run(
      [{ budget: createCallBudget({ limiter: newStore(), requestsPerMinute: 150 }), workers: 10, calls: 2 }],
      1,
    )
    await vi.advanceTimersByTimeAsync(2 * 60_000)
    await done
    const perSecond = new Map<number, number>()
    for (const { at } of calls)
      perSecond.set(Math.floor(at / 1000), (perSecond.get(Math.floor(at / 1000)) ?? 0) + 1)
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(4)
  })

  it('holds a slot for its whole life: what one process took is still taken for another seconds later', async () => {
    const limiter = newStore()
    const [here, there] = [1, 2].map(() => createCallBudget({ limiter, requestsPerMinute: 10 }))
    const { slotMs } = slotsFor(10)
    vi.setSystemTime(Math.ceil(Date.now() / slotMs) * slotMs + 1)
    const served: string[] = []
    const first = here!.acquire({ credential, calls: 1, lane: 'repair' }).then(() => served.push('first'))
    await vi.advanceTimersByTimeAsync(slotMs - 2_000)
    await first
    const second = there!.acquire({ credential, calls: 1, lane: 'repair' }).then(() => served.push('second'))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(served).toEqual(['first'])
    await vi.advanceTimersByTimeAsync(2_000)
    await second
  })

  it('asks the store at most a few times per slot, however many callers wait', async () => {
    const limiter = newStore()
    const consume = vi.spyOn(limiter, 'consume')
    const { calls, done } = run(
      [{ budget: createCallBudget({ limiter, requestsPerMinute: 60_000 }), workers: 50, calls: 2 }],
      0.25,
    )
    await vi.advanceTimersByTimeAsync(30_000)
    await done
    expect(calls.length).toBeGreaterThan(10_000)
    expect(consume.mock.calls.length).toBeLessThan(calls.length / 25)
  })

  it('keeps a bounded number of keys in the store', async () => {
    const limiter = newStore()
    const consume = vi.spyOn(limiter, 'consume')
    const { done } = run(
      [{ budget: createCallBudget({ limiter, requestsPerMinute: 600 }), workers: 5, calls: 2 }],
      3,
    )
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    await done
    expect(new Set(consume.mock.calls.map(([key]) => key)).size).toBeLessThanOrEqual(64)
  })

  it('cuts every allowance from 1 to 1,000,000 into slots that stay below it', () => {
    for (const rpm of [1, 2, 5, 10, 30, 59, 150, 600, 5_000, 1_000_000]) {
      const { points, slotMs } = slotsFor(rpm)
      expect((60_000 / slotMs) * points).toBeLessThan(rpm)
    }
  })

  it('gives a lone caller its calls within a second', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    const started = Date.now()
    const acquired = budget
      .acquire({ credential, calls: 2, lane: 'interactive' })
      .then(() => Date.now() - started)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(await acquired).toBeLessThan(1_000)
  })
})

describe('lanes', () => {
  it('give the urgent most and each of the others its floor', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 600 })
    const lanes: Lane[] = ['interactive', 'incremental', 'repair', 'backfill']
    const { calls, done } = run(
      lanes.map((lane) => ({ budget, workers: 8, calls: 2, lane })),
      3,
    )
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    await done
    const share = (lane: Lane) => calls.filter((call) => call.lane === lane).length / calls.length
    for (const [i, floor] of [0.6, 0.25, 0.1, 0.05].entries())
      expect(share(lanes[i]!)).toBeCloseTo(floor, 1.5)
  })

  it('let a single busy lane have everything', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    const { calls, done } = run([{ budget, workers: 5, calls: 1, lane: 'backfill' }], 2)
    await vi.advanceTimersByTimeAsync(3 * 60_000)
    await done
    expect(calls.length / 2).toBeGreaterThan(142)
  })

  it('let the further call of a read that has begun go first', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    const order: string[] = []
    const ask = (name: string, continues: boolean) =>
      budget.acquire({ credential, calls: 1, lane: 'backfill', continues }).then(() => order.push(name))
    const asked = [ask('a', false), ask('b', false), ask('c', false), ask('begun', true)]
    await vi.advanceTimersByTimeAsync(5_000)
    await Promise.all(asked)
    expect(order.indexOf('begun')).toBeLessThanOrEqual(1)
  })
})

describe('after a 429', () => {
  it('the credential rests for the whole wait in every process, then goes on at half its rate, then recovers', async () => {
    const limiter = newStore()
    const [here, there] = [1, 2].map(() => createCallBudget({ limiter, requestsPerMinute: 600 }))
    const { calls, done } = run(
      [here!, there!].map((budget) => ({ budget, workers: 6, calls: 1 })),
      5,
    )
    await vi.advanceTimersByTimeAsync(60_000)
    // Calls that were on their way together are refused together, and the last a moment later: that is one strike.
    await Promise.all(Array.from({ length: 6 }, () => here!.throttled({ credential, waitMs: 10_000 })))
    await there!.throttled({ credential, waitMs: 9_000 })
    await here!.throttled({ credential, waitMs: 10_000 })
    const refused = Date.now()
    expect(here!.usage(credential)).toMatchObject({ currentPerMinute: 300, restingMs: 10_000 })
    await vi.advanceTimersByTimeAsync(5 * 60_000)
    await done
    const between = (from: number, to: number, budget?: CallBudget) =>
      calls.filter((c) => c.at >= refused + from && c.at < refused + to && (!budget || c.budget === budget))
        .length
    expect(between(0, 10_000, here)).toBe(0)
    expect(between(500, 10_000, there)).toBe(0)
    const atHalf = between(11_000, 38_000) / 27
    expect(atHalf).toBeGreaterThan(4)
    expect(atHalf).toBeLessThanOrEqual(5.2)
    expect(between(100_000, 160_000)).toBeGreaterThan(570)
  })

  it('another one after the rest halves again, and recovery goes step by step', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 600 })
    await budget.throttled({ credential, waitMs: 1_000 })
    await vi.advanceTimersByTimeAsync(2_000)
    await budget.throttled({ credential, waitMs: 1_000 })
    expect(budget.usage(credential).currentPerMinute).toBe(150)
    const rates: number[] = []
    for (let i = 0; i < 4; i += 1) {
      await vi.advanceTimersByTimeAsync(25_000)
      const asked = budget.acquire({ credential, calls: 1, lane: 'repair' })
      await vi.advanceTimersByTimeAsync(2_000)
      await asked
      rates.push(budget.usage(credential).currentPerMinute)
    }
    expect(rates).toEqual([150, 300, 600, 600])
  })

  it('a rest longer than the patience hands callers back at once with the time to wait', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    await budget.throttled({ credential, waitMs: 60_000 })
    await expect(budget.acquire({ credential, calls: 2, lane: 'repair' })).rejects.toMatchObject({
      failureClass: 'throttled',
      waitMs: 60_000,
    })
  })

  it('another credential is not affected', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    await budget.throttled({ credential, waitMs: 60_000 })
    const other = budget.acquire({ credential: 'other', calls: 1, lane: 'repair' })
    await vi.advanceTimersByTimeAsync(1_000)
    await expect(other).resolves.toBeUndefined()
  })
})

describe('waiting', () => {
  it('longer than the patience is refused, with a time to come back, instead of holding a worker', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 30, patienceMs: 20_000 })
    const outcomes = Array.from({ length: 20 }, () =>
      budget.acquire({ credential, calls: 2, lane: 'backfill' }).then(
        () => 'served',
        (err: UpstreamThrottled) => (err.waitMs > 0 ? 'handed back' : 'no wait'),
      ),
    )
    await vi.advanceTimersByTimeAsync(21_000)
    const settled = await Promise.all(outcomes)
    expect(settled.filter((o) => o === 'served').length).toBeGreaterThanOrEqual(3)
    expect(settled.filter((o) => o === 'handed back').length).toBeGreaterThanOrEqual(10)
    expect(settled).not.toContain('no wait')
    expect(budget.usage(credential).waiting).toBe(0)
  })

  it('ends with the signal, and the callers behind move up', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 60 })
    const stop = new AbortController()
    const reason = new Error('stopping')
    const gone = budget.acquire({ credential, calls: 8, lane: 'repair', signal: stop.signal })
    const next = budget.acquire({ credential, calls: 1, lane: 'repair' })
    const refused = expect(gone).rejects.toBe(reason)
    await vi.advanceTimersByTimeAsync(2_000)
    stop.abort(reason)
    await refused
    await vi.advanceTimersByTimeAsync(2_000)
    await expect(next).resolves.toBeUndefined()
    expect(budget.usage(credential).waiting).toBe(0)
    expect(vi.getTimerCount()).toBeLessThanOrEqual(8)
  })

  it('survives a store that fails for a while, and never calls without the store', async () => {
    const limiter = newStore()
    const errors: unknown[] = []
    const budget = createCallBudget({
      limiter,
      requestsPerMinute: 150,
      onStoreError: (err) => errors.push(err),
    })
    const broken = vi.spyOn(limiter, 'consume').mockRejectedValue(new Error('connection lost'))
    let served = false
    const asked = budget.acquire({ credential, calls: 1, lane: 'repair' }).then(() => (served = true))
    await vi.advanceTimersByTimeAsync(5_000)
    expect(served).toBe(false)
    expect(errors.length).toBeGreaterThan(0)
    broken.mockRestore()
    await vi.advanceTimersByTimeAsync(2_000)
    await asked
    expect(served).toBe(true)
  })

  it('opens the limiter once, when it is first needed', async () => {
    const specs: unknown[] = []
    const budget = createCallBudget({
      limiter: async (spec) => {
        specs.push(spec)
        return newStore()
      },
      requestsPerMinute: 600,
    })
    expect(specs).toEqual([])
    const asked = [1, 2].map(() => budget.acquire({ credential, calls: 1, lane: 'repair' }))
    await vi.advanceTimersByTimeAsync(1_000)
    await Promise.all(asked)
    expect(specs).toEqual([{ keyPrefix: 'tm-budget', points: 3, durationSeconds: 1 }])
  })
})

it('usage counts what this process was granted in the last minute and no longer', async () => {
  const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 600 })
  const asked = budget.acquire({ credential, calls: 3, lane: 'repair' })
  await vi.advanceTimersByTimeAsync(1_000)
  await asked
  expect(budget.usage(credential)).toEqual({
    requestsPerMinute: 600,
    currentPerMinute: 600,
    usedLastMinute: 3,
    waiting: 0,
    restingMs: 0,
  })
  await vi.advanceTimersByTimeAsync(61_000)
  expect(budget.usage(credential).usedLastMinute).toBe(0)
})
