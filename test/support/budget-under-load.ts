// A sample of a real call budget under a load, without waiting for its minutes.
import { vi } from 'vitest'
import type { SampledBudget } from '../../src/core/metrics-samples.ts'
import { createCallBudget } from '../../src/core/tekmetric/budget.ts'
import { credential, newStore, run } from '../unit/tekmetric-load.ts'

/** How a real budget stands after two minutes of callers that read three parts of an RO at a time, on a virtual clock. */
export const budgetUnder = async (load: {
  readonly firstShop: number
  readonly requestsPerMinute: number
  readonly workers: number
  readonly pauseMs: number
}): Promise<SampledBudget> => {
  vi.useFakeTimers()
  try {
    const { firstShop, requestsPerMinute, ...callers } = load
    const budget = createCallBudget({ limiter: newStore(), requestsPerMinute })
    const { done } = run([{ budget, calls: 3, ...callers }], 2)
    await vi.advanceTimersByTimeAsync(2 * 60_000 - 1)
    const usage = budget.usage(credential)
    await vi.advanceTimersByTimeAsync(2 * 60_000)
    await done
    return { firstShop, ...usage }
  } finally {
    vi.useRealTimers()
  }
}
