// The call budget on a virtual clock: several "processes" (budgets) share one limiter store.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createCallBudget, slotsFor } from '../../src/core/tekmetric/budget.ts'
import { busiestMinute, credential, newStore, run } from './tekmetric-load.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-03-05T01:12:09.137Z') })
})
afterEach(() => {
  vi.useRealTimers()
})

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
