// The call budget on the real queue stores, over two connections as two processes would have.
import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import { createCallBudget, slotsFor, type CallBudget } from '../../src/core/tekmetric/budget.ts'
import { queueStores } from '../support/queue-store.ts'

const RPM = 1_200
const stores: QueueStore[] = []
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
})

describe.each(queueStores())('the budget on $kind', ({ kind, url }) => {
  const newBudget = (requestsPerMinute = RPM): CallBudget => {
    const store = createQueueStore({ kind, url, log: silentLogger() })
    stores.push(store)
    return createCallBudget({ limiter: (spec) => store.limiter(spec), requestsPerMinute })
  }

  it('gives two processes together no more than its slots hold', async () => {
    const credential = randomUUID()
    const stop = new AbortController()
    const instants: number[] = []
    const work = async (budget: CallBudget) => {
      for (;;) {
        await budget.acquire({ credential, calls: 2, lane: 'repair', signal: stop.signal })
        instants.push(Date.now(), Date.now())
      }
    }
    const budgets = [newBudget(), newBudget()]
    const started = Date.now()
    const workers = budgets.flatMap((budget) => [1, 2, 3].map(() => work(budget).catch(() => undefined)))
    await expect.poll(() => instants.length, { timeout: 20_000, interval: 20 }).toBeGreaterThan(80)
    const elapsed = Date.now() - started
    stop.abort()
    await Promise.all(workers)
    const { points, slotMs } = slotsFor(RPM)
    // Grants may be written down a moment after their slot; one slot more on either side.
    expect(instants.length).toBeLessThanOrEqual((Math.ceil(elapsed / slotMs) + 2) * points)
    expect(budgets.every((budget) => budget.usage(credential).usedLastMinute > 0)).toBe(true)
  })

  it('rests and slows down in the process that did not see the 429', async () => {
    const credential = randomUUID()
    const [here, there] = [newBudget(), newBudget()]
    await there.acquire({ credential, calls: 1, lane: 'repair' })
    await here.throttled({ credential, waitMs: 2_000 })
    const refused = Date.now()
    await expect
      .poll(
        async () => {
          await there.acquire({ credential, calls: 1, lane: 'interactive' })
          return there.usage(credential).currentPerMinute
        },
        { timeout: 10_000, interval: 50 },
      )
      .toBe(RPM / 2)
    expect(Date.now() - refused).toBeGreaterThanOrEqual(1_900)
  })
})
