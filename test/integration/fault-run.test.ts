// A fault run: one call in ten fails, in every way we know, and the first sync of a shop of five hundred ROs ends equal
// to the source all the same.
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test, vi } from 'vitest'
import type { RunProgress } from '../../src/core/warehouse/runs.ts'
import type { FaultInput } from '../../src/embedded/simulator/faults.ts'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores, type TestQueueStore } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 240_000

/** Sums up to 0.10. A 429 stops everybody for a second or more, so there are fewer of them. */
const FAULTS: readonly FaultInput[] = [
  { kind: 'status', status: 429, retryAfterSeconds: 1, probability: 0.004 },
  { kind: 'status', status: 429, retryAfterSeconds: 1, retryAfterStyle: 'date', probability: 0.003 },
  { kind: 'status', status: 429, probability: 0.003 },
  { kind: 'status', status: 500, body: 'html', probability: 0.015 },
  { kind: 'status', status: 503, probability: 0.015 },
  { kind: 'reset', probability: 0.01 },
  { kind: 'reset', afterBytes: 40, probability: 0.01 },
  { kind: 'hang', probability: 0.01 },
  { kind: 'truncate', probability: 0.02 },
  { kind: 'html', probability: 0.01 },
]

const startFaulty = async (store: TestQueueStore, repairOrders: number): Promise<Pipeline> => {
  const pipeline = await startPipeline({
    store,
    // Some are deleted or saved for later before anybody lists them; five hundred are left.
    simulator: { shops: [{ tmId: SHOP, repairOrders }] },
    timeouts: { connectMs: 2_000, headersMs: 1_500, bodyMs: 1_500, totalMs: 4_000 },
  })
  for (const fault of FAULTS) pipeline.simulator.faults.add(fault)
  return pipeline
}

/**
 * Lets nobody wait out a backoff from the second on (8 s up to a minute): the number of attempts is the product's own,
 * only time passes faster.
 */
const shortened = async <T>({ queueJobs }: Pipeline, work: Promise<T>): Promise<T> => {
  let isOver = false
  const over = work.finally(() => (isOver = true))
  while (!isOver) {
    for (const queue of queueJobs.all())
      for (const job of await queue.getDelayed())
        if (job.attemptsMade > 1) await job.promote().catch(() => undefined)
    await Promise.race([over.catch(() => undefined), pause(500)])
  }
  return over
}

/** As `requestSync`, with a backoff of the listing that a test can wait for. Everything else is the product's own. */
const sync = async (pipeline: Pipeline): Promise<RunProgress> => {
  const { services, queueJobs } = pipeline
  const { runs } = services.warehouse
  const { id: shopId } = await services.shops.byTmId(SHOP)
  const { runId } = await runs.start({ shopId, kind: 'repair-orders', trigger: 'cli', params: {} })
  await queueJobs
    .queue('discovery')
    .add(
      discoverRepairOrders.name,
      { shop: SHOP, source: 'all', daysBack: 31, lane: 'incremental', trigger: 'cli', run: runId },
      { attempts: 60, backoff: { type: 'fixed', delay: 50 } },
    )
  const listed = async (): Promise<void> => {
    if ((await runs.progress({ runId })).listedAt === null) throw new Error('the listing has not ended')
  }
  await shortened(pipeline, vi.waitFor(listed, { timeout: LONG, interval: 200 }))
  await shortened(pipeline, pipeline.quiet({ withinMs: LONG }))
  return runs.finish({ runId })
}

/** What the faults were meant to be: each kind hit, one call in ten. */
const expectFaults = ({ simulator }: Pipeline): void => {
  const hits = simulator.faults.list().map((fault) => fault.hits)
  expect(Math.min(...hits)).toBeGreaterThan(0)
  const share = hits.reduce((sum, count) => sum + count, 0) / simulator.requests.count({})
  expect(share).toBeGreaterThan(0.07)
  expect(share).toBeLessThan(0.13)
}

/** The attempt of a final success counts the retries before it, and not one of the waits after a 429. */
const expectNoAttemptSpentOnWaiting = ({ lines }: Pipeline): void => {
  const ended = lines.filter(({ event }) => event === 'job.retry' || event === 'job.failed')
  expect(ended.length).toBeGreaterThan(20)
  expect(ended.filter(({ failureClass }) => failureClass !== 'transient')).toEqual([])
  const later = lines.filter(({ event }) => event === 'job.later')
  expect(later.length).toBeGreaterThan(0)
  expect(new Set(later.map(({ failureClass }) => failureClass))).toEqual(new Set(['throttled']))
  const retries = new Map<unknown, number>()
  for (const line of lines) {
    const id = `${String(line['job'])} ${String(line['queueJobId'])}`
    if (line.event === 'job.retry') retries.set(id, (retries.get(id) ?? 0) + 1)
    if (line.event === 'job.done') expect(line['attempt'], id).toBe((retries.get(id) ?? 0) + 1)
  }
}

// Much of the time is waiting after 429s and backoffs, so the stores are tried side by side.
// Five hundred ROs on the first; on the others as many as each kind of fault needs to happen.
test.concurrent.each(queueStores().map((store, i) => ({ ...store, made: i === 0 ? 560 : 140 })))(
  'on $kind, with one call in ten failing, a first sync equals the source, spends no attempt on a 429 and quarantines nothing',
  { timeout: LONG },
  async ({ made, ...store }) => {
    const pipeline = await startFaulty(store, made)
    try {
      let run = await sync(pipeline)
      expect(run.fetched).toBeGreaterThan(made * 0.8)
      // Six failures in a row of one RO are rare and possible; the next listing finds it again.
      expect(run.failed).toBeLessThan(5)
      expect(run.failures.filter(({ reason }) => !reason.startsWith('UPSTREAM_DOWN'))).toEqual([])
      while (run.failed > 0) run = await sync(pipeline)
      expect(report(await pipeline.compare())).toBe('')
      expect(await pipeline.query('select from ro_quarantine')).toEqual([])
      expect(await pipeline.query('select from repair_orders where missing_since is not null')).toEqual([])
      expectFaults(pipeline)
      expectNoAttemptSpentOnWaiting(pipeline)
    } finally {
      await pipeline.close()
    }
  },
)
