// Rebuild: a range of days from snapshots alone or from lines, repeatable, and beside live sync.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { rebuildMetrics } from '../../src/core/rebuild-metrics.ts'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import { putRepairOrder, type RepairOrderSpec, type Row } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

const day = '2026-03-04'
const march = { from: '2026-03-01', to: '2026-03-31' }
let world: MetricsWorld
let api: TestApi
let warehouse: Warehouse
let first: RepairOrderSpec
let second: RepairOrderSpec

beforeAll(async () => {
  world = await createMetricsWorld()
  api = await startTestApi(world.database)
  warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
})
beforeEach(async () => {
  ;({ first, second } = await openTwoOrderShop(world, day))
})
afterAll(async () => {
  await api.close()
  await world.close()
})

const rebuild = (options: { fromLines: boolean; from?: string; to?: string }) =>
  rebuildMetrics({ warehouse, shopId: world.shopId, ...march, ...options })

const TABLES = ['ro_snapshots', 'daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics']

/** All rows with their versions: equal means that nothing was written. */
const versions = async (): Promise<Row[][]> => {
  const all: Row[][] = []
  for (const table of TABLES) {
    const { rows } = await world.client.query<Row>(
      `select xmin::text, to_jsonb(t) as row from public.${table} t where shop_id = $1 order by id`,
      [world.shopId],
    )
    all.push(rows)
  }
  return all
}

/** All figures, without what a rewritten row may say anew. */
const figures = async (): Promise<Row[][]> =>
  (await versions()).map((rows) =>
    rows
      .map(({ row }) => {
        const { id: _, created_at: _c, updated_at: _u, ...kept } = row as Row
        return kept
      })
      .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
  )

const counted = async (): Promise<void> => {
  for (const spec of [first, second]) {
    await world.put(spec)
    await world.refresh(spec.ro)
  }
  await world.settle()
}

test.each([false, true])('a rebuild of what is right writes nothing (from lines: %s)', async (fromLines) => {
  await counted()
  const before = await versions()
  const done = await rebuild({ fromLines })
  expect(done).toEqual({
    repairOrders: fromLines ? 2 : 0,
    snapshotsChanged: 0,
    days: 1,
    daysChanged: 0,
    restated: 0,
  })
  expect(await versions()).toEqual(before)
})

test('from snapshots: lost, wrong and stray rows of days come right', async () => {
  await counted()
  const right = await figures()
  const shop = [world.shopId]
  await world.client.query('delete from public.advisor_daily_metrics where shop_id = $1', shop)
  await world.client.query(
    'update public.daily_shop_metrics set net_sales = net_sales + 1 where shop_id = $1',
    shop,
  )
  await world.client.query(
    `update public.tech_daily_metrics set metric_date = '2026-03-20' where shop_id = $1`,
    shop,
  )
  expect(await rebuild({ fromLines: false })).toMatchObject({ days: 2, daysChanged: 2 })
  expect(await figures()).toEqual(right)
})

test('from lines: a snapshot that says something else than its lines comes right, and its day with it', async () => {
  await counted()
  const right = await figures()
  await world.client.query(
    'update public.ro_snapshots set parts_cost = parts_cost + 1, labor_hours = 9 where shop_id = $1',
    [world.shopId],
  )
  await rebuild({ fromLines: false })
  expect(await figures()).not.toEqual(right)
  expect(await rebuild({ fromLines: true })).toMatchObject({ snapshotsChanged: 2, daysChanged: 1 })
  expect(await figures()).toEqual(right)
})

test('from lines: an RO found on a day outside of the range corrects that day too', async () => {
  await counted()
  await world.put({ ...first, posted: '2026-02-10' })
  expect(await rebuild({ fromLines: true })).toMatchObject({ snapshotsChanged: 1, days: 2 })
  const days = (await world.rows('daily_shop_metrics')).map((row) => [row['metric_date'], row['ro_count']])
  expect(days).toEqual([
    ['2026-02-10', 1],
    [day, 1],
  ])
  expect(await world.rows('dirty_days')).toEqual([])
})

test('only the days of the range are touched', async () => {
  await counted()
  await world.client.query('update public.daily_shop_metrics set net_sales = 1 where shop_id = $1', [
    world.shopId,
  ])
  expect(await rebuild({ fromLines: false, from: '2026-03-05', to: '2026-03-31' })).toMatchObject({ days: 0 })
  expect((await world.rows('daily_shop_metrics'))[0]).toMatchObject({ net_sales: 1 })
})

test('a rebuild that moves a past day says so in the restatements', async () => {
  await counted()
  await world.client.query('update public.ro_snapshots set fees_total = fees_total + 5 where shop_id = $1', [
    world.shopId,
  ])
  expect(await rebuild({ fromLines: false })).toMatchObject({ daysChanged: 1, restated: 1 })
  expect(await world.rows('metric_restatements')).toMatchObject([{ metric: 'fees_total', metric_date: day }])
})

test('from lines: more ROs than one call takes', async () => {
  const ros = Array.from({ length: 201 }, (_, index) => index + 1)
  for (const ro of ros) await world.put({ ro, statusId: 5, posted: day })
  expect(await rebuild({ fromLines: true })).toMatchObject({
    repairOrders: 201,
    snapshotsChanged: 201,
    days: 1,
  })
  expect((await world.rows('daily_shop_metrics'))[0]).toMatchObject({ ro_count: 201 })
  expect((await world.rows('ro_snapshots')).map((row) => row['ro_tm_id'])).toEqual(ros)
})

const sold = (ro: number, posted: string, total: number): RepairOrderSpec => ({
  ro,
  statusId: 5,
  posted,
  jobs: [{ authorized: true, parts: [{ total, cost: 400 }] }],
})

/** ROs that change and move between days, each step as sync, snapshot and day work do it. */
const live = async (
  client: pg.Client,
  shopId: string,
  ro: number,
  dates: readonly string[],
): Promise<void> => {
  for (let turn = 0; turn < 10; turn += 1) {
    await putRepairOrder(client, shopId, sold(ro, dates[(turn + ro) % dates.length] ?? day, 1000 * turn + ro))
    await client.query('select public.refresh_ro_snapshot($1, $2)', [shopId, ro])
    await client.query('select public.refresh_daily_metrics($1, $2)', [shopId, dates[turn % dates.length]])
  }
}

test('rebuilds beside live sync neither deadlock nor leave anything wrong', async () => {
  const shopId = world.shopId
  const dates = [day, '2026-03-05', '2026-03-06']
  for (const ro of [1, 2, 3]) await world.put(sold(ro, day, 10))
  const writers = await Promise.all([1, 2, 3].map(() => world.connect()))
  let over = false
  const rebuilds = async (fromLines: boolean): Promise<number> => {
    let runs = 0
    for (; !over || runs === 0; runs += 1) await rebuild({ fromLines })
    return runs
  }
  const work = Promise.all(writers.map((client, index) => live(client, shopId, index + 1, dates))).finally(
    () => {
      over = true
    },
  )
  await Promise.all([work, rebuilds(true), rebuilds(false)])
  await world.settle()
  const incremental = await figures()
  expect(await rebuild({ fromLines: true })).toMatchObject({ snapshotsChanged: 0, daysChanged: 0 })
  expect(await figures()).toEqual(incremental)
  const shares = (await world.rows('daily_shop_metrics')).map((row) => Number(row['ro_count']))
  expect(shares.reduce((sum, count) => sum + count, 0)).toBe(3)
}, 60_000)
