// Work in progress: open ROs with what was approved and what stands on the estimate, through the write path.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import { aJob, aLabor, bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'

interface InProgress {
  readonly statuses: Row[]
  readonly repair_orders: Row[]
  readonly next: Row | null
}

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
beforeEach(async () => {
  await world.startShop()
})
afterAll(() => world.close())

const put = (
  tm_id: number,
  fields: Partial<RepairOrderBundle['repair_order']>,
  jobs?: RepairOrderBundle['jobs'],
) =>
  world.apply(
    bundleWith((bundle) => {
      Object.assign(bundle.repair_order, { tm_id, ro_number: tm_id, ...fields })
      bundle.jobs = (jobs ?? bundle.jobs).map((job, index) => ({ ...job, tm_id: tm_id * 100 + index }))
      bundle.content_hash = `ro ${tm_id}`
    }),
  )
const open = { status: 'WORKINPROGRESS', status_id: 2 }
const noProfit = {
  authorized_revenue: null,
  authorized_cost: null,
  authorized_profit: null,
  tm_reported_gp_percent: null,
}
const ask = (after: Row | null = null, limit = 100) =>
  world.call<InProgress>('report_work_in_progress', [world.shopId, after, limit])

test('every figure is that of ro_metrics, with and without a profit from TM', async () => {
  await put(1, open)
  await put(2, { ...open, ...noProfit, calculation_method: 'LINE_ITEMS' })
  await put(3, { status: 'ESTIMATE', status_id: 1, ...noProfit }, [
    aJob({ authorized: null, labor: [aLabor({ hours: 2, total: 30_000 })] }),
    aJob({ authorized: false, labor: [aLabor({ hours: 1, total: 5000 })] }),
    aJob({ authorized: null, archived: true, labor: [aLabor({ hours: 1, total: 7000 })] }),
  ])
  const { repair_orders } = await ask()
  const computed = await world.query(
    `select o.tm_id as ro_tm_id, m.authorized_revenue, m.potential_revenue, m.labor_hours as authorized_labor_hours,
            m.authorized_job_count, m.potential_job_count
       from public.repair_orders o cross join lateral public.ro_metrics(o.id) m where o.shop_id = $1 order by 1 desc`,
    [world.shopId],
  )
  expect(repair_orders).toMatchObject(computed)
  expect(repair_orders.map((row) => [row['authorized_revenue'], row['potential_revenue']])).toEqual([
    [0, 35_000],
    [29_444, 29_444], // from the lines
    [17_544, 29_444], // from TM's profit
  ])
})

test('sums are told by status, and only open ROs are in them', async () => {
  await put(1, open)
  await put(2, open)
  await put(3, { status: 'ESTIMATE', status_id: 1 })
  await put(4, {})
  await put(5, { status: 'DELETED', status_id: 7, deleted_at: '2026-03-05T00:00:00Z' })
  const { statuses, repair_orders } = await ask()
  expect(statuses).toMatchObject([
    { status_id: 1, status: 'ESTIMATE', ro_count: 1, authorized_revenue: 17_544 },
    { status_id: 2, status: 'WORKINPROGRESS', ro_count: 2, authorized_revenue: 35_088 },
  ])
  expect(repair_orders.map((row) => row['ro_tm_id'])).toEqual([3, 2, 1])
})

test('a completed RO says that it counts already', async () => {
  await put(1, open)
  await put(2, { status: 'COMPLETE', status_id: 3, completed_at: '2026-03-04T20:00:00Z' })
  await world.call('refresh_ro_snapshot', [world.shopId, 2, false])
  expect((await ask()).repair_orders.map((row) => [row['ro_tm_id'], row['is_counted']])).toEqual([
    [2, true],
    [1, false],
  ])
})

test('pages go from the newest RO to the oldest, with the same sums on each', async () => {
  for (const ro of [1, 2, 3]) await put(ro, open)
  const first = await ask(null, 2)
  expect(first.repair_orders.map((row) => row['ro_tm_id'])).toEqual([3, 2])
  expect(first.next).toEqual({ ro: 2 })
  const second = await ask(first.next, 2)
  expect(second.repair_orders.map((row) => row['ro_tm_id'])).toEqual([1])
  expect(second.next).toBeNull()
  expect(second.statuses).toEqual(first.statuses)
})

test('a shop without open ROs has none', async () => {
  expect(await ask()).toEqual({ statuses: [], repair_orders: [], next: null })
})
