// G1, at-least-once delivery with exactly-once effect: a worker process killed with SIGKILL at any point of its work
// leaves nothing lost and nothing counted twice once another one runs.
import { describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { requestSync, STALL_MS, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { CRASH_POINTS, startWorkerProcess, type CrashPoint } from '../support/pipeline-process.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 120_000

/** How often a point is passed before the process dies there: in the midst of the work, not at its start. */
const AFTER: Partial<Record<CrashPoint, number>> = {
  // These are passed once per listing and once per day.
  'between recording the listed ROs and enqueueing them': 0,
  'between the commit of a day and the end of its queue job': 1,
}

/** A worker is killed at `point` in the midst of a first sync; another one takes over. */
const killAndRecover = async (pipeline: Pipeline, point: CrashPoint) => {
  const { servers, simulator } = pipeline
  const child = await startWorkerProcess({
    servers,
    tokens: [[SHOP, simulator.tokens.for(SHOP)]],
    now: simulator.truth().now,
    stallMs: STALL_MS,
    crash: { point, after: AFTER[point] ?? 7 },
  })
  try {
    const runId = await requestSync(pipeline, { shop: SHOP, source: 'all', daysBack: 10 })
    const ended = await child.gone
    if (ended !== 'SIGKILL') throw new Error(`the worker ended with ${ended}:\n${child.output()}`)

    pipeline.startWorkers()
    await pipeline.quiet({ withinMs: LONG - 40_000 })
    const run = await pipeline.services.warehouse.runs.progress({ runId })
    return { run, differences: report(await pipeline.compare()) }
  } finally {
    if (child.ended() === null) await child.kill()
  }
}

// Most of the time is waiting until a dead worker is noticed, so the points are tried at the same time.
describe.each(queueStores())('on $kind', (store) => {
  test.concurrent.each(CRASH_POINTS)(
    'a worker killed %s loses nothing and doubles nothing',
    { timeout: LONG },
    async (point) => {
      const shop = { tmId: SHOP, repairOrders: 40 }
      const pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 8 }, workers: false })
      try {
        const { run, differences } = await killAndRecover(pipeline, point)
        expect(differences).toBe('')
        expect(run).toMatchObject({ status: 'finished', pending: 0, failed: 0, created: run.fetched })
      } finally {
        await pipeline.close()
      }
    },
  )
})
