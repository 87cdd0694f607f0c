// /metrics and /readyz of a running pipeline, on both stores: what they say is what is, and a queue that does nothing shows.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { rebuildDay } from '../../src/workers/jobs/rebuild-day.ts'
import { samplesOf, valueOf } from '../support/exposition.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'
import { watchPipeline, type Watching } from '../support/watched-pipeline.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let watching: Watching
  let created = 0

  beforeAll(async () => {
    pipeline = await startPipeline({
      store,
      simulator: { shops: [{ tmId: SHOP, repairOrders: 12 }], days: 5 },
      workers: false,
    })
    watching = await watchPipeline(pipeline)
  })
  afterAll(async () => {
    await watching.close()
    await pipeline.close()
  })

  test('not ready while no canary has passed, ready once one came through every queue', async () => {
    const before = await watching.readyz()
    expect(before.status).toBe(503)
    expect(before.checks).toMatchObject({ queueStore: true, warehouse: true, 'canary.metrics': false })

    // A queue whose worker does nothing: canaries wait in it.
    await watching.flyCanary()
    await expect.poll(() => pipeline.queueJobs.queue('maintenance').getWaitingCount()).toBe(1)
    expect((await watching.readyz()).status).toBe(503)

    const workers = pipeline.startWorkers({ onFinished: watching.metrics.onQueueJob })
    await expect.poll(async () => (await watching.readyz()).status, { timeout: 20_000 }).toBe(200)
    const { checks } = await watching.readyz()
    expect(Object.keys(checks).toSorted()).toEqual(
      ['queueStore', 'warehouse', ...QUEUE_NAMES.map((name) => `canary.${name}`)].toSorted(),
    )
    expect(Object.values(checks)).not.toContain(false)

    // An old pass is none.
    await pipeline.query(
      `update canary_passes set passed_at = now() - interval '1 hour' where queue = 'metrics'`,
    )
    await expect.poll(async () => (await watching.readyz()).checks['canary.metrics']).toBe(false)
    created = (await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 8 })).created
    expect(created).toBeGreaterThan(5)
    await pipeline.quiet()
    await workers.close()
  })

  test('/metrics counts what ran and shows what waits', async () => {
    const text = await watching.scrape()
    expect(pipeline.lines.filter(({ event }) => event === 'metrics.part-down')).toEqual([])
    expect(valueOf(text, 'warehouse_part_up', { part: 'queue_store' })).toBe(1)
    expect(valueOf(text, 'warehouse_part_up', { part: 'warehouse' })).toBe(1)
    expect(valueOf(text, 'warehouse_repair_orders_synced_total', { outcome: 'created' })).toBe(created)
    expect(valueOf(text, 'warehouse_queue_oldest_waiting_seconds', { queue: 'metrics' })).toBe(0)
    expect(valueOf(text, 'warehouse_oldest_mark_seconds', { kind: 'dirty_days' })).toBe(0)
    expect(valueOf(text, 'warehouse_shop_paused', { shop: String(SHOP) })).toBe(0)
    expect(valueOf(text, 'warehouse_runs_last_hour', { kind: 'repair-orders', status: 'finished' })).toBe(1)
    expect(samplesOf(text, 'warehouse_canary_age_seconds').map(({ labels }) => labels['queue'])).toEqual(
      expect.arrayContaining([...QUEUE_NAMES]),
    )
    const states = samplesOf(text, 'bullmq_job_count', { queue: 'repair-orders' })
    expect(states.map(({ labels }) => labels['state'])).toEqual(expect.arrayContaining(['waiting', 'failed']))

    // Nobody works: what waits grows old.
    await pipeline.queueJobs.request(rebuildDay, { shop: SHOP, date: '2026-03-04' })
    const age = async () =>
      valueOf(await watching.scrape(), 'warehouse_queue_oldest_waiting_seconds', { queue: 'metrics' })
    await expect.poll(age, { timeout: 20_000, interval: 250 }).toBeGreaterThan(1)
  })
})
