// A backfill on both queue stores: newest day first, complete, resumable after SIGKILL at the cost of one page at most,
// bounded in what it lets wait, honest about what failed.
import { setTimeout as pause } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import type { BackfillProgress } from '../../src/core/warehouse/backfills.ts'
import { requestBackfill } from '../../src/producers/backfill.ts'
import { startWorkers, type FinishedQueueJob } from '../../src/workers/runtime.ts'
import { report } from '../support/oracle/compare.ts'
import { STALL_MS, startPipeline, type Pipeline, type PipelineOptions } from '../support/pipeline.ts'
import { BACKFILL_CRASH_POINTS, startWorkerProcess } from '../support/pipeline-process.ts'
import { postedBetween, storedRepairOrders } from '../support/posted.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
/** The simulator's frozen now is 2026-03-20 in the shop's zone. */
const RANGE = { from: '2026-03-11', to: '2026-03-20' }
const DAYS = 10

describe.each(queueStores())('a backfill on $kind', (store) => {
  let pipeline: Pipeline
  afterEach(() => pipeline.close())

  const start = async (options: Partial<PipelineOptions> = {}, repairOrders = 60) => {
    pipeline = await startPipeline({
      store,
      simulator: { shops: [{ tmId: SHOP, repairOrders }], days: 12, quirks: { reportPageSize: 3 } },
      ...options,
    })
    return pipeline
  }
  const open = (range = RANGE) =>
    requestBackfill(pipeline, { shopTmId: SHOP, ...range, windowDays: 1, trigger: 'cli', forecast: {} })
  const until = async (id: string, reached: (state: BackfillProgress) => boolean) => {
    const deadline = Date.now() + 45_000
    for (;;) {
      const state = await pipeline.services.warehouse.backfills.progress({ backfillId: id })
      if (reached(state)) return state
      if (Date.now() > deadline) throw new Error(`not reached: ${JSON.stringify(state)}`)
      await pause(50)
    }
  }
  const finished = (id: string) => until(id, ({ status }) => status === 'finished')
  /** Before any other sync could repair it: the warehouse holds the posted ROs of the range, all of them and no other. */
  const expectWhole = async (state: BackfillProgress) => {
    const posted = postedBetween(pipeline, { shop: SHOP, ...RANGE })
    expect(posted.length).toBeGreaterThan(3 * DAYS)
    expect(state.ros.listed).toBe(posted.length)
    expect(await storedRepairOrders(pipeline)).toEqual(posted)
  }
  const listed = () => pipeline.simulator.requests.list({ route: 'report' })

  test('reads every posted RO of the range, newest day first, employees before any RO', async () => {
    await start()
    const { backfillId } = await open()
    const state = await finished(backfillId)
    const days = [...new Set(listed().map(({ query }) => (query['start'] ?? '').slice(0, 10)))]
    expect(days).toEqual(days.toSorted((a, b) => (a < b ? 1 : -1)))
    expect(days).toHaveLength(DAYS)
    const routes = pipeline.simulator.requests.list().map(({ route }) => route)
    expect(routes.findIndex((route) => route === 'employees-lite')).toBe(0)
    expect(state).toMatchObject({
      windows: { total: DAYS, done: DAYS, withFailures: 0 },
      ros: { failed: 0, pending: 0, created: state.ros.listed },
      failures: [],
    })
    await expectWhole(state)
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
  })

  test.each(BACKFILL_CRASH_POINTS)('killed %s goes on, at the cost of one page at most', async (point) => {
    await start({ workers: false })
    const { servers, simulator } = pipeline
    const child = await startWorkerProcess({
      servers,
      tokens: [[SHOP, simulator.tokens.for(SHOP)]],
      now: simulator.truth().now,
      stallMs: STALL_MS,
      crash: { point, after: 5 },
    })
    const { backfillId } = await open()
    expect(await child.gone, child.output()).toBe('SIGKILL')
    const before = await pipeline.services.warehouse.backfills.progress({ backfillId })
    const listedBefore = listed().length
    expect(before.pages).toBeGreaterThanOrEqual(listedBefore - 1)

    pipeline.startWorkers()
    // Other days would look asked for and never be read.
    await expect(open({ from: '2025-01-01', to: '2025-12-31' })).rejects.toThrow(
      `open backfill from ${RANGE.from} to ${RANGE.to}`,
    )
    const again = await open()
    expect(again).toMatchObject({ existing: true, backfillId, from: RANGE.from, to: RANGE.to })
    await pipeline.quiet()
    const state = await finished(backfillId)
    expect(listed().length).toBeLessThanOrEqual(state.pages + 1)
    expect(state.ros).toMatchObject({ failed: 0, pending: 0, created: state.ros.listed })
    await expectWhole(state)
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
    expect(report(await pipeline.compare())).toBe('')
  })

  test('asked for again after its end lists every day and reads nothing twice', async () => {
    await start()
    const first = await open()
    await finished(first.backfillId)
    const reads = () => pipeline.simulator.requests.count({ route: 'estimate' })
    const before = reads()
    const second = await open()
    expect(second).toMatchObject({ existing: false })
    const state = await finished(second.backfillId)
    expect(state.ros).toMatchObject({ created: 0, updated: 0, skipped: state.ros.listed })
    expect(reads()).toBe(before)
  })

  test('lets only so many ROs wait, however many there are', async () => {
    await start({ workers: false, simulator: { shops: [{ tmId: SHOP, repairOrders: 400 }], days: 12 } })
    const looks: FinishedQueueJob[] = []
    const workers = startWorkers({
      ...pipeline,
      log: silentLogger(),
      queues: ['discovery'],
      onFinished: (job) => void looks.push(job),
    })
    try {
      const { backfillId } = await open()
      await until(backfillId, ({ ros }) => ros.pending >= 100)
      const before = looks.length
      await expect.poll(() => looks.length, { timeout: 20_000 }).toBeGreaterThan(before + 1)
      const { ros, windows } = await pipeline.services.warehouse.backfills.progress({ backfillId })
      expect(ros.pending).toBeLessThan(200)
      expect(windows.waiting).toBeGreaterThan(0)
    } finally {
      await workers.close()
    }
  })

  test('shows what failed and finishes all the same: an RO that TM garbles, a window it refuses', async () => {
    await start()
    const { faults } = pipeline.simulator
    const { id: garbled } = newestPosted(pipeline)
    faults.add({ route: 'estimate', ro: garbled, kind: 'malform', path: 'jobs', value: 'none' })
    faults.add({ route: 'report', kind: 'status', status: 400, skip: 4, times: 1 })
    const { backfillId } = await open()
    const state = await finished(backfillId)
    expect(state.windows).toMatchObject({ failed: 1, done: DAYS - 1, withFailures: 2 })
    expect(state.failures).toEqual([
      {
        from: '2026-03-20',
        to: '2026-03-20',
        ro: garbled,
        reason: expect.stringMatching(/^UPSTREAM_CHANGED: .*jobs/),
      },
      expect.objectContaining({ ro: null, reason: expect.stringMatching(/^UPSTREAM_CHANGED: .*400/) }),
    ])
  })
})

const newestPosted = ({ simulator }: Pipeline) => {
  const [newest] = simulator
    .truth()
    .repairOrders.filter(({ statusId }) => statusId === 5 || statusId === 6)
    .toSorted((a, b) => Date.parse(b.postedDate ?? '') - Date.parse(a.postedDate ?? ''))
  if (newest === undefined) throw new Error('the simulator has no posted RO')
  return newest
}
