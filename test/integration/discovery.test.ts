// Discovery as the schedules ask for it: what it finds, what it costs, and that its cursor never passes what failed.
import { afterEach, describe, expect, test } from 'vitest'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline, type PipelineOptions } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  afterEach(() => pipeline.close())

  const start = async (quirks: NonNullable<PipelineOptions['simulator']>['quirks'] = {}) => {
    const simulator = { shops: [{ tmId: SHOP, repairOrders: 50 }], days: 25, quirks }
    pipeline = await startPipeline({ store, simulator })
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
    return pipeline
  }
  type Source = 'board' | 'report' | 'sweep'
  /** What the scheduler enqueues, at work until everything is quiet. */
  const scheduled = async (source: Source, daysBack = 30) => {
    pipeline.simulator.requests.reset()
    const payload = { shop: SHOP, source, daysBack, lane: 'repair', trigger: 'schedule' } as const
    await pipeline.queueJobs.request(discoverRepairOrders, payload)
    await pipeline.quiet()
  }
  const cursorOf = async (source: Source) => {
    const { id: shopId } = await pipeline.services.shops.byTmId(SHOP)
    return pipeline.services.warehouse.cursors.get({ shopId, entityType: `repair_orders.${source}` })
  }
  const read = () => pipeline.simulator.requests.list({ route: 'header' }).map(({ ro }) => ro)
  const posted = () =>
    pipeline.simulator
      .truth()
      .repairOrders.filter(
        ({ statusId, jobs }) => statusId === 5 && jobs.some((job) => job.authorized === true),
      )

  describe('an edit of a posted RO that moves none of its dates', () => {
    test('is found by its figures in the report, and only that RO is read', async () => {
      await start()
      await scheduled('report')
      await scheduled('report')
      expect(read(), 'nothing changed').toEqual([])
      const { id } = posted().at(-1)!
      pipeline.simulator.edit.update(
        id,
        ({ jobs }) => {
          for (const { authorized, parts, labor } of jobs)
            if (authorized === true) {
              for (const part of parts) part.cost += 100
              for (const line of labor) line.hours += 0.5
            }
        },
        { silent: true },
      )
      await scheduled('report')
      expect(read()).toEqual([id])
      expect(report(await pipeline.compare())).toBe('')
      await scheduled('report')
      expect(read(), 'read once').toEqual([])
    })

    test('that failed to be read is found again by the next listing', async () => {
      await start()
      await scheduled('report')
      const { id } = posted()[0]!
      const { faults, edit } = pipeline.simulator
      edit.update(id, ({ jobs }) => void (jobs[0]!.parts[0]!.retail += 500), { silent: true })
      faults.add({ route: 'estimate', ro: id, kind: 'malform', path: 'jobs', value: 'none' })
      await scheduled('report')
      faults.clear()
      await scheduled('report')
      expect(read()).toEqual([id])
      expect(report(await pipeline.compare())).toBe('')
    })
  })

  describe('the cursor', () => {
    test('moves to where a complete listing began, never for one with a page that failed', async () => {
      await start({ reportPageSize: 10 })
      pipeline.simulator.faults.add({ route: 'report', kind: 'status', status: 400, skip: 1 })
      await scheduled('report')
      expect(await cursorOf('report')).toBeNull()
      const [run] = await pipeline.query<{ status: string; reason: string }>(
        `select status, error ->> 'reason' as reason from public.sync_log order by started_at desc limit 1`,
      )
      expect(run).toMatchObject({ status: 'failed', reason: expect.stringMatching(/^UPSTREAM_CHANGED/) })
      pipeline.simulator.faults.clear()
      const before = Date.now()
      await scheduled('report')
      expect(Date.parse((await cursorOf('report'))?.cursor ?? '')).toBeGreaterThanOrEqual(before)
    })

    test('is left alone by what a person asks for', async () => {
      await start()
      await pipeline.sync({ shop: SHOP, source: 'report', daysBack: 1 })
      await pipeline.quiet()
      expect(await cursorOf('report')).toBeNull()
    })

    test('lets the boards look back over an outage: what they dropped meanwhile is in the report', async () => {
      await start({ boardCap: 3, boardOrder: 'posted' })
      await scheduled('board')
      expect(pipeline.simulator.requests.count({ route: 'report' }), 'no outage, no report').toBe(0)
      pipeline.simulator.clock.advance({ days: 4 })
      await pipeline.query(
        `update public.sync_cursors set cursor_at = cursor_at - interval '4 days' where entity_type = 'repair_orders.board'`,
      )
      await scheduled('board')
      const [window] = pipeline.simulator.requests.list({ route: 'report' })
      expect(window?.query['start']?.slice(0, 10)).toBe('2026-03-18')
      const stored = await pipeline.query<{ tm_id: string }>(
        `select tm_id from public.repair_orders where status_id in (5, 6) and posted_date > '2026-03-20'`,
      )
      const lately = pipeline.simulator
        .truth()
        .repairOrders.filter(({ postedDate }) => (postedDate ?? '') > '2026-03-21T04:00:00Z')
      expect(lately.length).toBeGreaterThan(3)
      expect(new Set(stored.map(({ tm_id }) => Number(tm_id)))).toEqual(new Set(lately.map(({ id }) => id)))
    })
  })
})
