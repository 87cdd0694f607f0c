// A virtual load on call budgets: callers that ask again as soon as they were served, and how busy a minute got.
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { UpstreamThrottled } from '../../src/core/errors.ts'
import type { CallBudget } from '../../src/core/tekmetric/budget.ts'
import type { Lane } from '../../src/core/tekmetric/types.ts'

export const credential = 'cafe0123cafe0123'
export const newStore = () => new RateLimiterMemory({ points: 1, duration: 1, keyPrefix: 'tm-budget' })

interface Load {
  readonly budget: CallBudget
  readonly workers: number
  readonly calls: number
  readonly lane?: Lane
  /** Callers pause up to this long between two requests, each time differently. */
  readonly pauseMs?: number
}

/** Callers that ask again as soon as they were served; returns the instants of all calls. */
export const run = (loads: readonly Load[], minutes: number) => {
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
export const busiestMinute = (instants: readonly number[]): number => {
  const sorted = [...instants].sort((a, b) => a - b)
  let most = 0
  let from = 0
  for (const [index, at] of sorted.entries()) {
    while (sorted[from]! <= at - 60_000) from += 1
    most = Math.max(most, index - from + 1)
  }
  return most
}
