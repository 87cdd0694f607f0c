// Two at once: refreshes of one day queue up, a snapshot that commits meanwhile keeps the day dirty, nothing deadlocks.
import type pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import { putRepairOrder, writeRepairOrder, type RepairOrderSpec } from './support/ro-writer.ts'

const day = '2026-03-04'
let world: MetricsWorld
let other: pg.Client
let third: pg.Client

beforeAll(async () => {
  world = await createMetricsWorld()
  other = await world.connect()
  third = await world.connect()
})
beforeEach(async () => {
  await world.startShop()
})
afterAll(() => world.close())

const sold = (ro: number, posted = day): RepairOrderSpec => ({
  ro,
  statusId: 5,
  posted,
  jobs: [{ authorized: true, parts: [{ total: 1000 * ro, cost: 400 }] }],
})

const snapshot = (client: pg.Client, ro: number) =>
  client.query('select public.refresh_ro_snapshot($1, $2)', [world.shopId, ro])

const refreshDay = async (client: pg.Client, date = day): Promise<unknown> => {
  const { rows } = await client.query<{ answer: unknown }>(
    'select public.refresh_daily_metrics($1, $2) as answer',
    [world.shopId, date],
  )
  return rows[0]?.answer
}

const pidOf = async (client: pg.Client): Promise<number> =>
  (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]?.pid ?? 0

/** Resolves once the backend waits for a lock. */
const waits = async (pid: number): Promise<void> => {
  await expect
    .poll(
      async () =>
        (await world.client.query('select from pg_locks where pid = $1 and not granted', [pid])).rowCount,
      { timeout: 5000, interval: 10 },
    )
    .toBeGreaterThan(0)
}

const roCount = async () => (await world.rows('daily_shop_metrics'))[0]?.['ro_count']

test('two refreshes of one day queue up, and the second finds nothing to do', async () => {
  await world.put(sold(1))
  await world.refresh(1)
  const pid = await pidOf(third)
  await other.query('begin')
  expect(await refreshDay(other)).toMatchObject({ changed: true })
  const second = refreshDay(third)
  await waits(pid)
  await other.query('commit')
  expect(await second).toMatchObject({ changed: false })
  expect(await world.rows('daily_shop_metrics')).toHaveLength(1)
})

test('a snapshot that commits while the day is being computed leaves the mark for the next run', async () => {
  for (const ro of [1, 2]) await world.put(sold(ro))
  await world.refresh(1)
  await world.settle()
  await world.put({ ...sold(1), jobs: [] })
  await world.refresh(1)

  const pid = await pidOf(third)
  await other.query('begin')
  await other.query('select from public.daily_shop_metrics where shop_id = $1 for update', [world.shopId])
  const computing = refreshDay(third)
  await waits(pid)
  await world.refresh(2)
  await other.query('commit')
  await computing

  expect(await roCount()).toBe(1)
  expect(await world.rows('dirty_days')).toHaveLength(1)
  expect(await world.settle()).toEqual([day])
  expect(await roCount()).toBe(2)
  expect(await world.rows('dirty_days')).toEqual([])
})

test('a refresh beside an uncommitted snapshot waits for it and does not take its mark away', async () => {
  for (const ro of [1, 2]) await world.put(sold(ro))
  await world.refresh(1)
  const pid = await pidOf(third)
  await other.query('begin')
  await snapshot(other, 2)
  const computing = refreshDay(third)
  await waits(pid)
  await other.query('commit')
  await computing
  expect(await roCount()).toBe(1)
  expect(await world.settle()).toEqual([day])
  expect(await roCount()).toBe(2)
})

test('a refresh beside a snapshot that is rolled back clears the mark', async () => {
  for (const ro of [1, 2]) await world.put(sold(ro))
  await world.refresh(1)
  const pid = await pidOf(third)
  await other.query('begin')
  await snapshot(other, 2)
  const computing = refreshDay(third)
  await waits(pid)
  await other.query('rollback')
  await computing
  expect(await world.rows('dirty_days')).toEqual([])
})

test('two refreshes of one RO queue up and count it once', async () => {
  await world.put(sold(1))
  const pid = await pidOf(third)
  await other.query('begin')
  await snapshot(other, 1)
  const second = snapshot(third, 1)
  await waits(pid)
  await other.query('commit')
  await second
  expect(await world.rows('ro_snapshots')).toHaveLength(1)
})

test('a snapshot beside an uncommitted change waits for it and pictures the RO as changed', async () => {
  await world.put(sold(1))
  await world.refresh(1)
  const pid = await pidOf(third)
  await other.query('begin')
  await writeRepairOrder(other, world.shopId, { ...sold(1), jobs: [] })
  const picture = snapshot(third, 1)
  await waits(pid)
  await other.query('commit')
  await picture
  expect(await world.rows('ro_snapshots')).toMatchObject([{ counted: true, authorized_revenue: 0 }])
})

test('a change of an RO waits for its snapshot, and its stale mark outlives that snapshot', async () => {
  await world.put(sold(1))
  const pid = await pidOf(third)
  await other.query('begin')
  await snapshot(other, 1)
  const change = putRepairOrder(third, world.shopId, { ...sold(1), jobs: [] })
  await waits(pid)
  await other.query('commit')
  await change
  const { rows } = await world.client.query(
    'select snapshot_stale from public.repair_orders where shop_id = $1',
    [world.shopId],
  )
  expect(rows).toEqual([{ snapshot_stale: true }])
})

test('ROs that cross between two days, refreshed from both ends, neither deadlock nor lose a day', async () => {
  const dates = [day, '2026-03-05']
  const shopId = world.shopId
  const movers = await Promise.all([1, 2, 3].map(() => world.connect()))
  const move = async (client: pg.Client, ro: number) => {
    for (let turn = 0; turn < 12; turn += 1) {
      await putRepairOrder(client, shopId, sold(ro, dates[(turn + ro) % 2]))
      await snapshot(client, ro)
    }
  }
  const refreshBoth = async (client: pg.Client, order: readonly string[]) => {
    for (let turn = 0; turn < 12; turn += 1) for (const date of order) await refreshDay(client, date)
  }
  await Promise.all([
    ...movers.map((client, index) => move(client, index + 1)),
    refreshBoth(other, dates),
    refreshBoth(third, dates.toReversed()),
  ])
  await world.settle()
  const found = (await world.rows('daily_shop_metrics')).map((row) => [row['metric_date'], row['ro_count']])
  expect(found).toEqual([
    [day, 2],
    ['2026-03-05', 1],
  ])
  expect(await world.rows('dirty_days')).toEqual([])
})
