// The floor of every lane: the sweep brings the oldest that wait to the front, and asks for what has no queue job.
import { afterEach, describe, expect, test } from 'vitest'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { startWorkers } from '../../src/workers/runtime.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('the sweep on $kind', (store) => {
  let pipeline: Pipeline
  afterEach(() => pipeline.close())

  test('lifts the five oldest of a line, and enqueues what was planned and never enqueued', async () => {
    pipeline = await startPipeline({
      store,
      workers: false,
      simulator: { shops: [{ tmId: SHOP, repairOrders: 1 }], days: 2 },
    })
    const { services, queueJobs } = pipeline
    const { id: shopId } = await services.shops.byTmId(SHOP)
    const wish = { shopId, kind: 'repair-orders', trigger: 'cli', params: {} } as const
    const { runId } = await services.warehouse.runs.start(wish)
    const ros = Array.from({ length: 12 }, (_, i) => 1_000 + i)
    const items = ros.map((ro) => ({ ro, outcome: 'pending' as const }))
    await services.warehouse.runs.recordItems({ runId, shopId, items })
    const forgotten = 1_011
    await queueJobs.addMany(
      syncRepairOrder,
      ros
        .filter((ro) => ro !== forgotten)
        .map((ro, turn) => ({ shop: SHOP, ro, lane: 'backfill', reason: 'listed', run: runId, turn })),
    )
    const workers = startWorkers({ ...pipeline, log: silentLogger(), queues: ['maintenance'] })
    await queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
    await expect.poll(() => queueJobs.queue('maintenance').getCompletedCount()).toBe(1)
    await workers.close()
    const line = await queueJobs.queue('repair-orders').getPrioritized()
    const places = new Map(line.map(({ data, priority }) => [(data as { ro: number }).ro, priority]))
    expect(ros.map((ro) => places.get(ro))).toEqual([1, 1, 1, 1, 1, 601, 701, 801, 901, 1001, 1101, 241])
  })
})
