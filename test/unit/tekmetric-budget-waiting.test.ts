// The call budget on a virtual clock: who goes first, what a 429 does, and what waiting means.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { UpstreamThrottled } from '../../src/core/errors.ts'
import { createCallBudget, type CallBudget } from '../../src/core/tekmetric/budget.ts'
import type { Lane } from '../../src/core/tekmetric/types.ts'
import { credential, newStore, run } from './tekmetric-load.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-05T01:12:09.137Z') })
})
afterEach(() => {
  vi.useRealTimers()
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

describe('calls granted in part', () => {
  it('go to the next when their caller is aborted', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 150 })
    const stop = new AbortController()
    const order: string[] = []
    const first = budget
      .acquire({ credential, calls: 2, lane: 'backfill', signal: stop.signal })
      .catch(() => order.push('aborted'))
    const second = budget.acquire({ credential, calls: 1, lane: 'backfill' }).then(() => order.push('second'))
    // A slot of this budget is one call: the first caller has one of its two now.
    await vi.advanceTimersByTimeAsync(50)
    stop.abort()
    await vi.advanceTimersByTimeAsync(0)
    await Promise.all([first, second])
    expect(order).toEqual(['second', 'aborted'])
  })

  it('are not thrown away by impatience: three busy processes use the whole budget', async () => {
    const store = newStore()
    const until = Date.now() + 3 * 60_000
    let calls = 0
    let asked = 0
    // Stores answer sometimes sooner, sometimes later, so that processes share a slot now and then.
    const limiter = Object.assign(Object.create(store) as typeof store, {
      consume: async (...consumed: Parameters<typeof store.consume>) => {
        asked += 1
        await new Promise((resolve) => setTimeout(resolve, (asked * 7919) % 23))
        return store.consume(...consumed)
      },
    })
    /** As an RO is read: two calls at once, a third when they are answered; more readers than patience allows for. */
    const read = async (budget: CallBudget): Promise<void> => {
      const lane = 'incremental'
      await budget.acquire({ credential, calls: 2, lane })
      if (Date.now() < until) calls += 2
      await new Promise((resolve) => setTimeout(resolve, 20 + ((calls * 7919) % 60)))
      await budget.acquire({ credential, calls: 1, lane, continues: true })
      if (Date.now() < until) calls += 1
    }
    const reader = async (budget: CallBudget): Promise<void> => {
      while (Date.now() < until)
        await read(budget).catch(
          ({ waitMs }: UpstreamThrottled) => new Promise((resolve) => setTimeout(resolve, waitMs)),
        )
    }
    const budgets = Array.from({ length: 3 }, () => createCallBudget({ limiter, requestsPerMinute: 300 }))
    const done = Promise.all(budgets.flatMap((budget) => Array.from({ length: 16 }, () => reader(budget))))
    await vi.advanceTimersByTimeAsync(4 * 60_000)
    await done
    expect(calls / 3).toBeGreaterThan(300 * 0.96)
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

  it('is not refused to a read that has begun, however many wait', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 60 })
    const others = Array.from({ length: 19 }, () =>
      budget.acquire({ credential, calls: 1, lane: 'interactive' }).catch(() => undefined),
    )
    const begun = budget.acquire({ credential, calls: 1, lane: 'backfill', continues: true })
    const late = budget.acquire({ credential, calls: 1, lane: 'backfill', continues: true })
    await vi.advanceTimersByTimeAsync(5_000)
    await expect(Promise.all([begun, late])).resolves.toHaveLength(2)
    await vi.advanceTimersByTimeAsync(30_000)
    await Promise.all(others)
  })

  it('ends with the signal, and the callers behind move up', async () => {
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute: 60 })
    const stop = new AbortController()
    const reason = new Error('stopping')
    const gone = budget.acquire({ credential, calls: 8, lane: 'repair', signal: stop.signal })
    const next = budget.acquire({ credential, calls: 1, lane: 'repair' })
    const outcome = gone.catch((err: unknown) => err)
    await vi.advanceTimersByTimeAsync(2_000)
    stop.abort(reason)
    expect(await outcome).toBe(reason)
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
