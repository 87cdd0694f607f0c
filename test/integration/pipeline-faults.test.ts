// Bad answers and bad tokens: what is refused names its field, what fails writes nothing, what cannot work waits, and
// the books of a run add up whatever happened.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RunProgress } from '../../src/core/warehouse/runs.ts'
import type { FaultInput } from '../../src/embedded/simulator/faults.ts'
import { checkCredentials } from '../../src/workers/jobs/check-credentials.ts'
import { compareWithWarehouse, report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores, type TestQueueStore } from '../support/queue-store.ts'

const SHOP = 4321
const LONG = 120_000

const startSmall = (store: TestQueueStore): Promise<Pipeline> =>
  startPipeline({ store, simulator: { shops: [{ tmId: SHOP, repairOrders: 30 }], days: 6 } })

const syncAll = (pipeline: Pipeline): Promise<RunProgress> =>
  pipeline.sync({ shop: SHOP, source: 'all', daysBack: 8 })

/** An RO that is posted and has approved work with parts. */
const postedRo = ({ simulator }: Pipeline): number => {
  const found = simulator
    .truth()
    .repairOrders.find(
      ({ statusId, jobs }) =>
        statusId === 5 && jobs.some(({ authorized, parts }) => authorized === true && parts.length > 0),
    )
  if (found === undefined) throw new Error('no such RO in this world')
  return found.id
}

/** What a run says of its ROs besides `fetched`. */
const outcomes = (run: RunProgress): number =>
  run.created + run.updated + run.unchanged + run.stale + run.deleted + run.skipped + run.failed + run.pending

/** Rows of every table that belong to one RO, or exist only because of it. */
const traces = async (pipeline: Pipeline, ro: number): Promise<number> => {
  const order = pipeline.simulator.truth().repairOrders.find(({ id }) => id === ro)
  const [row] = await pipeline.query<{ count: number }>(
    `select ((select count(*) from repair_orders where tm_id = $1)
           + (select count(*) from jobs where tm_id = any ($2))
           + (select count(*) from ro_snapshots where ro_tm_id = $1))::int as count`,
    [ro, order?.jobs.map(({ id }) => id) ?? []],
  )
  return row?.count ?? -1
}

describe.each(queueStores())('on $kind', (store) => {
  describe('an answer that does not parse', () => {
    let pipeline: Pipeline
    beforeAll(async () => {
      pipeline = await startSmall(store)
    })
    afterAll(() => pipeline.close())

    test('an RO whose answer does not parse is quarantined with the field’s path while the others go on', async () => {
      const ro = postedRo(pipeline)
      const path = 'jobs.*.parts.*.retail'
      const fault = pipeline.simulator.faults.add({
        route: 'estimate',
        ro,
        kind: 'malform',
        path,
        value: 'much',
      })
      const run = await syncAll(pipeline)
      await pipeline.quiet()
      expect(run).toMatchObject({ status: 'finished', failed: 1, created: run.fetched - 1 })
      expect(run.failures).toMatchObject([
        { ro, reason: expect.stringMatching(/estimate\.(jobs|repairOrderJobs)\.\d+\.parts\.\d+\.retail/) },
      ])
      expect(await traces(pipeline, ro)).toBe(0)
      expect(report(await pipeline.compare({ except: [ro] }))).toBe('')
      const attempts = pipeline.simulator.requests.count({ route: 'estimate', ro })
      expect(attempts, 'never tried again').toBe(1)

      // It stays different from TM, so the next listing finds it again and it heals by itself.
      pipeline.simulator.faults.remove(fault)
      const healed = await syncAll(pipeline)
      await pipeline.quiet()
      expect(healed).toMatchObject({ created: 1, failed: 0 })
      expect(report(await pipeline.compare())).toBe('')
    })
  })

  describe('a call that keeps failing', () => {
    let pipeline: Pipeline
    beforeAll(async () => {
      pipeline = await startSmall(store)
    })
    afterAll(() => pipeline.close())

    /** Asks as discovery does, with a backoff that a test can wait for. */
    const syncOne = async (ro: number): Promise<RunProgress> => {
      const { runs } = pipeline.services.warehouse
      const { id: shopId } = await pipeline.services.shops.byTmId(SHOP)
      const { runId } = await runs.start({ shopId, kind: 'repair-orders', trigger: 'cli', params: {} })
      await runs.recordItems({ runId, shopId, items: [{ ro, outcome: 'pending' }] })
      await runs.closeListing({ runId, listing: { pages: 1, seen: 1, truncated: false } })
      await pipeline.queueJobs
        .queue('repair-orders')
        .add(
          'sync-repair-order',
          { shop: SHOP, ro, lane: 'interactive', reason: 'requested', run: runId },
          { attempts: 3, priority: 1, backoff: { type: 'fixed', delay: 20 } },
        )
      const progress = () => runs.progress({ runId })
      await expect.poll(async () => (await progress()).pending, { timeout: 20_000 }).toBe(0)
      return runs.finish({ runId })
    }

    const faults: readonly (readonly [string, FaultInput])[] = [
      ['header answers 503', { route: 'header', kind: 'status', status: 503 }],
      ['estimate answers 500', { route: 'estimate', kind: 'status', status: 500 }],
      ['estimate is cut off', { route: 'estimate', kind: 'truncate' }],
      ['estimate answers 404', { route: 'estimate', kind: 'status', status: 404 }],
      ['profit answers 502', { route: 'profit', kind: 'status', status: 502 }],
      ['profit is a web page with status 200', { route: 'profit', kind: 'html' }],
    ]
    test.each(faults)(
      'when the %s until the attempts are used up, nothing of that RO is written',
      async (_what, input) => {
        const ro = postedRo(pipeline)
        const fault = pipeline.simulator.faults.add({ ...input, ro })
        const before = pipeline.simulator.requests.count({ route: input.route ?? '', ro })
        const run = await syncOne(ro)
        expect(run).toMatchObject({ status: 'finished', fetched: 1, failed: 1 })
        expect(run.failures[0]?.reason).toMatch(/^UPSTREAM_DOWN/)
        expect(pipeline.simulator.requests.count({ route: input.route ?? '', ro }) - before).toBe(3)
        expect(await traces(pipeline, ro)).toBe(0)
        pipeline.simulator.faults.remove(fault)
      },
    )

    test('a stored RO keeps everything it had when its new answer cannot be read', async () => {
      await syncAll(pipeline)
      await pipeline.quiet()
      const before = pipeline.simulator.truth()
      const ro = postedRo(pipeline)
      const fault = pipeline.simulator.faults.add({ route: 'profit', ro, kind: 'status', status: 500 })
      pipeline.simulator.edit.editLine(ro, { kind: 'parts', set: { retail: 12_345 } })
      expect(await syncOne(ro)).toMatchObject({ failed: 1 })
      expect(report(await compareWithWarehouse(pipeline.databaseUrl, before))).toBe('')
      pipeline.simulator.faults.remove(fault)
    })
  })

  describe('a run with many faults', () => {
    let pipeline: Pipeline
    beforeAll(async () => {
      pipeline = await startSmall(store)
    })
    afterAll(() => pipeline.close())

    test(
      'a run’s counts add up and count each RO once, however often it was retried and asked for',
      { timeout: LONG },
      async () => {
        const broken = postedRo(pipeline)
        pipeline.simulator.faults.add({
          route: 'header',
          ro: broken,
          kind: 'malform',
          path: 'amountPaid',
          value: 'x',
        })
        for (const route of ['header', 'estimate', 'profit'])
          pipeline.simulator.faults.add({ route, kind: 'status', status: 503, probability: 0.25, times: 6 })
        const first = await syncAll(pipeline)
        await pipeline.quiet({ withinMs: LONG })
        const retries = pipeline.finished.filter(({ outcome }) => outcome === 'retry')
        expect(retries.length).toBeGreaterThan(0)
        expect(first.fetched).toBe(outcomes(first))
        expect(first).toMatchObject({ failed: 1, created: first.fetched - 1, pending: 0, stale: 0 })
        const [stored] = await pipeline.query<{ count: number }>(
          'select count(*)::int as count from repair_orders',
        )
        expect(stored?.count).toBe(first.created)
        // A second run at the same time as a third: each has books of its own.
        const later = await Promise.all([syncAll(pipeline), syncAll(pipeline)])
        await pipeline.quiet()
        for (const run of later) {
          expect(run.fetched).toBe(outcomes(run))
          expect(run).toMatchObject({
            failed: 1,
            created: 0,
            updated: 0,
            pending: 0,
            skipped: run.fetched - 1,
          })
        }
        expect(report(await pipeline.compare({ except: [broken] }))).toBe('')
      },
    )
  })
})

// These wait for the real time after which a paused shop is looked at again, so they do it side by side.
describe.concurrent('a refused token', () => {
  test.each(queueStores())(
    'on $kind a wrong token pauses the shop with one line and it resumes by itself with a new token',
    { timeout: LONG },
    async (store) => {
      const pipeline = await startSmall(store)
      try {
        pipeline.tokens.set(SHOP, 'a-token-that-nobody-issued')
        const stored = pipeline.simulator.truth().repairOrders.map(({ id }) => id)
        const asked = syncAll(pipeline)
        await pipeline.queueJobs.queue('repair-orders').addBulk(
          stored.slice(0, 20).map((ro) => ({
            name: 'sync-repair-order',
            data: { shop: SHOP, ro, lane: 'interactive', reason: 'requested' },
            opts: { attempts: 1, priority: 1 },
          })),
        )
        const paused = () => pipeline.query('select from shops where paused_at is not null')
        await expect.poll(paused, { timeout: 20_000 }).toHaveLength(1)
        // Every queue job of the shop has been told to wait, without spending its one attempt.
        const states = () => pipeline.queueJobs.queue('repair-orders').getJobCounts('delayed', 'failed')
        await expect.poll(states, { timeout: 20_000 }).toEqual({ delayed: 20, failed: 0 })
        const refused = pipeline.simulator.requests.count({ status: 401 })

        pipeline.tokens.delete(SHOP)
        // As its schedule does every minute.
        await pipeline.queueJobs.request(checkCredentials, {})
        const run = await asked
        await pipeline.quiet({ withinMs: LONG })
        expect(run).toMatchObject({ status: 'finished', failed: 0 })
        expect(await paused()).toEqual([])
        const errors = pipeline.lines.filter(({ level }) => level === 'error')
        expect(errors.map(({ event, shop }) => ({ event, shop }))).toEqual([
          { event: 'shop.paused', shop: SHOP },
        ])
        expect(pipeline.lines.filter(({ event }) => event === 'shop.resumed')).toHaveLength(1)
        expect(refused, 'calls with a token that is known to be refused').toBeLessThan(60)
        expect(report(await pipeline.compare())).toBe('')
      } finally {
        await pipeline.close()
      }
    },
  )
})
