// G5: exactly the days concerned are recomputed, and ROs that stream in cost no more rebuilds of their day than its delay lets through.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { rebuiltDays, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 240_000
/** The day before the simulator's now. */
const DAY = '2026-03-19'
/** Requests of this long share one rebuild. */
const REBUILD_DELAY_MS = 1_500
const NOON = `${DAY}T16:00:00Z`

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  const syncAll = async (source: 'all' | 'board' = 'all') => {
    const from = pipeline.lines.length
    await pipeline.sync({ shop: SHOP, source, daysBack: 40, withinMs: LONG })
    await pipeline.quiet({ withinMs: LONG })
    return rebuiltDays(pipeline.lines.slice(from))
  }

  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 500 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop] } })
    for (const ro of pipeline.simulator.truth().repairOrders)
      pipeline.simulator.edit.post(ro.id, { postedDate: NOON, completedDate: NOON })
  })
  afterAll(() => pipeline.close())

  test(
    '500 ROs of one day cost one rebuild-day in a second and a half, not 500',
    { timeout: LONG },
    async () => {
      const from = pipeline.lines.length
      const days = await syncAll()
      expect(new Set(days)).toEqual(new Set([DAY]))
      const [day] = await pipeline.query<{ count: number }>(
        'select ro_count as count from daily_shop_metrics',
      )
      expect(day?.count).toBeGreaterThanOrEqual(490)
      const ended = pipeline.lines
        .slice(from)
        .filter(({ job, event }) => job === 'rebuild-day' && event === 'job.done')
        .map(({ time }) => Date.parse(String(time)))
      const elapsed = Math.max(...ended) - Math.min(...ended)
      expect(elapsed).toBeGreaterThan(0)
      expect(days.length).toBeLessThanOrEqual(elapsed / REBUILD_DELAY_MS + 2)
      expect(report(await pipeline.compare())).toBe('')
    },
  )

  test('an RO that moves to another day recomputes exactly the day it left and the day it reached', async () => {
    const [ro, other] = pipeline.simulator
      .truth()
      .repairOrders.filter(({ jobs }) => jobs.some(({ authorized }) => authorized === true))
    pipeline.simulator.edit.post(ro?.id ?? 0, { postedDate: '2026-03-12T16:00:00Z' })
    expect((await syncAll()).toSorted()).toEqual(['2026-03-12', DAY])

    pipeline.simulator.edit.unpost(ro?.id ?? 0, { to: 2, keepsPostedDate: true })
    expect(await syncAll()).toEqual(['2026-03-12'])

    pipeline.simulator.edit.delete(other?.id ?? 0)
    expect(await syncAll()).toEqual([DAY])
    expect(report(await pipeline.compare())).toBe('')
  })
})
