// Days against TM's profit report, end to end: what is proven, what is found, what is read again, what is reported.
import { afterEach, describe, expect, test } from 'vitest'
import { reconcileDay } from '../../src/workers/jobs/reconcile-day.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import { lookAtRange } from '../../src/workers/reconcile.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'
import { namedIn, reconcile } from '../support/reconciling.ts'

const SHOP = 4321
/** The simulator's frozen now is 2026-03-20 in the shop's zone; its ROs were posted in the twelve days before. */
const RANGE = { shop: SHOP, from: '2026-03-08', to: '2026-03-20' }
const DAYS = 13

const [store] = queueStores()
if (store === undefined) throw new Error('there is no queue store to test with')

describe('reconciling days with the profit report', () => {
  let pipeline: Pipeline
  afterEach(() => pipeline.close())

  const start = async () => {
    const simulator = { shops: [{ tmId: SHOP, repairOrders: 60 }], days: 12 }
    pipeline = await startPipeline({ store, simulator })
    await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
  }
  const shopId = async () => (await pipeline.services.shops.byTmId(SHOP)).id
  const completeThrough = async () =>
    pipeline.services.warehouse.reconciliations.completeThrough({ shopId: await shopId() })
  const stateOf = async (date: string) =>
    (
      await pipeline.services.warehouse.reconciliations.days({ shopId: await shopId(), from: date, to: date })
    )[0]

  interface Counted extends Record<string, unknown> {
    readonly ro: number
    readonly date: string
  }
  /** ROs counted as posted before the shop's today that have a part line, oldest first. */
  const posted = () =>
    pipeline.query<Counted>(
      `select s.ro_tm_id::int as ro, s.snapshot_date::text as date
         from ro_snapshots s
        where s.counted and s.snapshot_trigger = 'posted' and s.snapshot_date < '2026-03-20'
          and exists (select from job_parts p join jobs j on j.id = p.job_id and j.authorized
                       where p.repair_order_id = s.repair_order_id and p.quantity > 0)
        order by s.snapshot_date, s.ro_tm_id`,
    )
  const aPosted = async (): Promise<Counted> => {
    const found = (await posted()).at(-1)
    if (found === undefined) throw new Error('no RO is posted')
    return found
  }
  const reads = (ro: number) => pipeline.simulator.requests.list({ route: 'estimate', ro }).length
  /** A price that TM changes without moving any date of the RO. */
  const raisePrice = (ro: number) =>
    pipeline.simulator.edit.update(
      ro,
      ({ jobs }) => {
        const part = jobs.find((job) => job.authorized === true && job.parts.length > 0)?.parts[0]
        if (part === undefined) throw new Error(`RO ${ro} has no part`)
        part.retail += 700
        part.total = Math.round(part.quantity * part.retail)
      },
      { silent: true },
    )
  const outcomes = (runId: string) =>
    pipeline.query<{ ro: number; outcome: string }>(
      'select ro_tm_id::int as ro, outcome from sync_run_items where run_id = $1',
      [runId],
    )

  test('clean data is proven, every day of it, without reading one RO again', async () => {
    await start()
    const before = pipeline.simulator.requests.count({ route: 'estimate' })
    const { days, runId } = await reconcile(pipeline, RANGE)
    expect(days.filter(({ state }) => state !== 'proven')).toEqual([])
    expect(days).toHaveLength(DAYS)
    expect(days.reduce((sum, day) => sum + (day.tm_ros ?? 0), 0)).toBeGreaterThan(20)
    expect(days.map(({ tm_ros }) => tm_ros)).toEqual(days.map(({ local_ros }) => local_ros))
    expect(await outcomes(runId)).toEqual([])
    expect(pipeline.simulator.requests.count({ route: 'estimate' })).toBe(before)
    expect(await completeThrough()).toMatchObject({
      from: '2026-03-08',
      through: '2026-03-19',
      days_proven: DAYS,
      why: { date: '2026-03-20', reason: 'not_over_when_listed' },
    })
  })

  test('an RO posted, one un-posted and one re-priced unseen are found, read once each, and proven', async () => {
    await start()
    const [first, second] = await posted()
    const open = pipeline.simulator.truth().repairOrders.find(({ statusId }) => statusId === 2)
    if (!first || !second || !open) throw new Error('the simulator has too few ROs')
    const { edit } = pipeline.simulator
    edit.unpost(first.ro, { to: 2 })
    raisePrice(second.ro)
    edit.post(open.id, { postedDate: '2026-03-17T15:00:00Z' })
    const wrong = [first.ro, second.ro, open.id]
    const before = wrong.map(reads)
    const { days, runId } = await reconcile(pipeline, RANGE)
    expect(days.filter(({ state }) => state !== 'proven')).toEqual([])
    expect((await outcomes(runId)).toSorted((a, b) => a.ro - b.ro)).toEqual(
      wrong.toSorted((a, b) => a - b).map((ro) => ({ ro, outcome: 'updated' })),
    )
    expect(wrong.map(reads)).toEqual(before.map((count) => count + 1))
    expect(report(await pipeline.compare())).toBe('')
  })

  test('what still differs after one more read is reported with both values, and said aloud', async () => {
    await start()
    const { date } = await aPosted()
    // Garbles the first row of a page: the RO that was posted last.
    const { simulator } = pipeline
    const fault = simulator.faults.add({
      route: 'report',
      kind: 'malform',
      path: 'laborProfit',
      value: 123_456,
    })
    const { days, runId } = await reconcile(pipeline, { ...RANGE, to: date })
    simulator.faults.remove(fault)
    const differing = days.filter(({ state }) => state === 'differs')
    expect(differing.map((day) => day.date)).toEqual([date])
    const [difference] = differing[0]?.differences ?? []
    expect(difference).toMatchObject({ kind: 'figure', column: 'authorized_profit', resynced: 'unchanged' })
    expect(difference?.tm).not.toEqual(difference?.here)
    expect(await outcomes(runId)).toHaveLength(1)
    expect(pipeline.lines.filter(({ event }) => event === 'reconcile.differs')).toMatchObject([
      { level: 'warn', date, ros: namedIn(days) },
    ])
    expect(await completeThrough()).toMatchObject({ why: { date, state: 'differs' } })
    const again = await reconcile(pipeline, { ...RANGE, to: date })
    expect(again.states).toEqual({ proven: again.days.length })
  })

  test('a report that lists other ROs than TM counts proves nothing', async () => {
    await start()
    const { faults } = pipeline.simulator
    const fault = faults.add({ route: 'report-count', kind: 'malform', path: 'count', value: 1 })
    const day = { shop: SHOP, from: '2026-03-18', to: '2026-03-18' }
    expect((await reconcile(pipeline, day)).days).toMatchObject([
      { state: 'not_yet', reason: 'listing_incomplete', differences: [] },
    ])
    expect(pipeline.lines.map(({ event }) => event)).toContain('reconcile.listing-incomplete')
    faults.remove(fault)
    expect((await reconcile(pipeline, day)).states).toEqual({ proven: 1 })
  })

  test('an RO that cannot be read is reported as missing with the reason', async () => {
    await start()
    const open = pipeline.simulator.truth().repairOrders.find(({ statusId }) => statusId === 2)
    if (!open) throw new Error('no RO is open')
    pipeline.simulator.edit.post(open.id, { postedDate: '2026-03-17T15:00:00Z' })
    pipeline.simulator.faults.add({
      route: 'estimate',
      ro: open.id,
      kind: 'malform',
      path: 'jobs',
      value: 'none',
    })
    const { days } = await reconcile(pipeline, { shop: SHOP, from: '2026-03-17', to: '2026-03-17' })
    expect(days).toMatchObject([
      {
        state: 'differs',
        differences: [
          { kind: 'missing', ro: open.id, resynced: 'failed', here: { status: 'WORKINPROGRESS' } },
        ],
      },
    ])
    expect(days[0]?.differences[0]?.failure).toContain('UPSTREAM_CHANGED')
  })

  test('a proven day that changes here is not proven until the night proves it again', async () => {
    await start()
    await reconcile(pipeline, RANGE)
    const { ro, date } = await aPosted()
    raisePrice(ro)
    await pipeline.sync({ shop: SHOP, source: 'sweep' })
    await pipeline.quiet()
    expect(await stateOf(date)).toMatchObject({ state: 'not_yet', reason: 'changed_since' })
    expect(await completeThrough()).toMatchObject({ why: { date, reason: 'changed_since' } })
    await pipeline.queueJobs.request(reconcileDay, { shop: SHOP, trigger: 'schedule' })
    await pipeline.quiet()
    expect(await stateOf(date)).toMatchObject({ state: 'proven', reason: null })
    expect(await completeThrough()).toMatchObject({ from: '2026-03-08', through: '2026-03-19' })
  })

  test('the night also looks at older days that are not proven and at the gap since the last night', async () => {
    await start()
    await reconcile(pipeline, { shop: SHOP, from: '2026-03-08', to: '2026-03-10' })
    await pipeline.query(
      "update reconciliations set state = 'not_yet', reason = 'changed_since' where metric_date = $1",
      ['2026-03-09'],
    )
    await pipeline.queueJobs.request(reconcileDay, { shop: SHOP, trigger: 'schedule' })
    await pipeline.quiet()
    expect(await completeThrough()).toMatchObject({
      from: '2026-03-08',
      through: '2026-03-19',
      days_unproven: 0,
    })
    const calls = pipeline.simulator.requests.list({ route: 'report' })
    expect(
      calls.map(({ query }) => [query['start']?.slice(0, 10), query['end']?.slice(0, 10)]).slice(-2),
    ).toEqual([
      ['2026-03-11', '2026-03-19'],
      ['2026-03-09', '2026-03-09'],
    ])
  })

  test('a process that dies between the looks loses nothing', async () => {
    await start()
    const { ro } = await aPosted()
    raisePrice(ro)
    const { services, log } = pipeline
    const shop = await services.shops.byTmId(SHOP)
    const { from, to } = RANGE
    const { runId } = await services.warehouse.runs.start({
      shopId: shop.id,
      kind: 'reconcile',
      trigger: 'cli',
      params: { ranges: [{ from, to }] },
    })
    const { signal } = new AbortController()
    // The first look is stored and its process gone: nothing of what it asked for was enqueued.
    const look = await lookAtRange({ runId, shop, from, to, last: false }, { services, signal, log })
    expect(look).toMatchObject({ resync: [ro] })
    await pipeline.queueJobs.request(reconcileDay, { shop: SHOP, trigger: 'cli', run: runId })
    await pipeline.queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
    await pipeline.quiet()
    const days = await services.warehouse.reconciliations.days({ shopId: shop.id, from, to })
    expect(days.filter(({ state }) => state !== 'proven')).toEqual([])
    expect(await outcomes(runId)).toEqual([{ ro, outcome: 'updated' }])
  })
})
