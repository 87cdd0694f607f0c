// G1, at-least-once delivery with exactly-once effect: a worker process killed with SIGKILL at any point of its work
// leaves nothing lost and nothing counted twice once another one runs.
import { afterEach, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { requestSync, STALL_MS, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { CRASH_POINTS, startWorkerProcess, type WorkerProcess } from '../support/pipeline-process.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

/** How often a point is passed before the process dies there: in the midst of the work, not at its start. */
const AFTER: Partial<Record<(typeof CRASH_POINTS)[number], number>> = {
  // These are passed once per listing and once per day.
  'between recording the listed ROs and enqueueing them': 0,
  'between the commit of a day and the end of its queue job': 1,
}

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  let child: WorkerProcess
  afterEach(async () => {
    if (child.ended() === null) await child.kill()
    await pipeline.close()
  })

  test.each(CRASH_POINTS)('a worker killed %s loses nothing and doubles nothing', async (point) => {
    const shop = { tmId: SHOP, repairOrders: 40 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 8 }, workers: false })
    const { servers, simulator } = pipeline
    child = await startWorkerProcess({
      servers,
      tokens: [[SHOP, simulator.tokens.for(SHOP)]],
      now: simulator.truth().now,
      stallMs: STALL_MS,
      crash: { point, after: AFTER[point] ?? 7 },
    })
    const runId = await requestSync(pipeline, { shop: SHOP, source: 'all', daysBack: 10 })
    expect(await child.gone, child.output()).toBe('SIGKILL')

    pipeline.startWorkers()
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
    const run = await pipeline.services.warehouse.runs.progress({ runId })
    expect(run).toMatchObject({ status: 'finished', pending: 0, failed: 0, created: run.fetched })
  })
})
