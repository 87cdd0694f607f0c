// The days (`refresh_daily_metrics`): shop, technicians and advisors of one shop-local day.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import type { RepairOrderSpec, Row } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

const day = '2026-03-04'
let world: MetricsWorld
let alpha: string
let beta: string
let writer: string
let first: RepairOrderSpec
let second: RepairOrderSpec

beforeAll(async () => {
  world = await createMetricsWorld()
})
beforeEach(async () => {
  ;({ alpha, beta, writer, first, second } = await openTwoOrderShop(world, day))
})
afterAll(() => world.close())

const putAndRefresh = async (spec: RepairOrderSpec) => {
  await world.put(spec)
  return world.refresh(spec.ro)
}

const allRows = async (): Promise<Row[][]> => {
  const tables = ['daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics', 'metric_restatements']
  const found: Row[][] = []
  for (const table of tables) found.push(await world.rows(table))
  return found
}

const total = (rows: Row[], name: string): number => rows.reduce((sum, row) => sum + Number(row[name]), 0)

test('a shop’s day sums its counted snapshots and derives every ratio from the sums', async () => {
  await putAndRefresh(first)
  await putAndRefresh(second)
  const answer = await world.refreshDay(day)
  expect(answer).toMatchObject({ changed: true, deleted: false, restated: 0 })
  const [row] = await world.rows('daily_shop_metrics')
  expect(row).toMatchObject({
    metric_date: day,
    ro_count: 2,
    ro_posted_count: 1,
    ro_completed_count: 1,
    source_snapshot_count: 2,
    authorized_revenue: 73_001,
    authorized_cost: 28_780,
    authorized_profit: 44_221,
    authorized_gp_percent: 60.58,
    authorized_job_count: 2,
    authorized_total: 50_000,
    parts_revenue: 20_000,
    labor_revenue: 50_001,
    labor_hours: 5,
    labor_cost: 14_780,
    estimated_labor_cost: 4280,
    sublet_revenue: 3000,
    fees_total: 1000,
    discount_total: 500,
    tax_total: 300,
    net_sales: 73_501,
    net_profit: 44_721,
    potential_revenue: 81_000,
    potential_job_count: 4,
    declined_revenue: 7000,
    pending_revenue: 999,
    avg_ro_value: 36_501,
    avg_ro_profit: 22_111,
    avg_labor_rate: 10_000,
    gp_per_labor_hour: 7044,
    gross_profit_per_labor_hour: 8844,
    sales_per_labor_hour: 14_600,
    authorization_rate: 90.12,
    unassigned_labor_hours: 0.5,
    unassigned_labor_revenue: 5000,
  })
  expect(answer.row).toMatchObject({
    metric_date: day,
    ro_count: 2,
    labor_hours: 5,
    authorization_rate: 90.12,
  })
})

test('a technician’s day holds the authorized labor of that technician, and who is left over is unassigned', async () => {
  await putAndRefresh(first)
  await putAndRefresh(second)
  await world.refreshDay(day)
  const technicians = await world.rows('tech_daily_metrics')
  expect(technicians).toHaveLength(2)
  expect(technicians.find((row) => row['technician_id'] === alpha)).toMatchObject({
    technician_tm_id: 1,
    technician_name: 'Alpha Sample',
    hours_billed: 3.5,
    labor_revenue: 35_000,
    labor_cost: 10_500,
    labor_profit: 24_500,
    gp_percent: 70,
    gp_per_hour: 7000,
    avg_retail_rate: 10_000,
    avg_cost_rate: 3000,
    jobs_worked: 2,
    ros_worked: 2,
    rate_sources: { assigned: 2, shop_avg: 0, default: 0 },
  })
  const [shop] = await world.rows('daily_shop_metrics')
  expect(total(technicians, 'hours_billed') + Number(shop?.['unassigned_labor_hours'])).toBe(
    shop?.['labor_hours'],
  )
  expect(total(technicians, 'labor_revenue') + Number(shop?.['unassigned_labor_revenue'])).toBe(
    shop?.['labor_revenue'],
  )
})

test('the advisors of a day, with a row for none, make the shop’s day', async () => {
  await putAndRefresh(first)
  await putAndRefresh(second)
  await world.refreshDay(day)
  const advisors = await world.rows('advisor_daily_metrics')
  expect(advisors).toMatchObject([
    {
      service_advisor_id: writer,
      service_advisor_tm_id: 3,
      advisor_name: 'Writer Sample',
      ro_count: 1,
      authorized_revenue: 40_000,
      authorized_profit: 21_720,
      authorized_gp_percent: 54.3,
      avg_ro_value: 40_000,
      labor_hours: 2,
      authorization_rate: 85.11,
    },
    { service_advisor_id: null, advisor_name: null, ro_count: 1, authorized_revenue: 33_001, labor_hours: 3 },
  ])
  const [shop] = await world.rows('daily_shop_metrics')
  for (const name of [
    'ro_count',
    'authorized_revenue',
    'authorized_cost',
    'authorized_profit',
    'labor_hours',
    'potential_revenue',
  ])
    expect(total(advisors, name)).toBe(shop?.[name])
})

test('a day without revenue or hours has NULL ratios, never zero', async () => {
  await putAndRefresh({ ro: 1, statusId: 5, posted: day, jobs: [] })
  await world.refreshDay(day)
  expect((await world.rows('daily_shop_metrics'))[0]).toMatchObject({
    ro_count: 1,
    authorized_revenue: 0,
    authorized_gp_percent: null,
    avg_ro_value: 0,
    avg_labor_rate: null,
    gp_per_labor_hour: null,
    gross_profit_per_labor_hour: null,
    sales_per_labor_hour: null,
    authorization_rate: null,
  })
  expect((await world.rows('advisor_daily_metrics'))[0]).toMatchObject({
    authorized_gp_percent: null,
    avg_ro_value: 0,
    authorization_rate: null,
  })
})

test('averages are rounded half away from zero, also below zero', async () => {
  const loss = { revenue: 0, cost: 3, profit: -3, percent: null }
  const jobs = [{ authorized: true, labor: [{ hours: 2, total: 5 }] }]
  await putAndRefresh({ ro: 1, statusId: 5, posted: day, jobs, profit: loss })
  await putAndRefresh({ ro: 2, statusId: 5, posted: day, jobs: [] })
  await world.refreshDay(day)
  expect((await world.rows('daily_shop_metrics'))[0]).toMatchObject({
    avg_ro_profit: -2,
    avg_labor_rate: 3,
    gross_profit_per_labor_hour: -2,
  })
})

test('only counted snapshots of that very day and shop are summed', async () => {
  await putAndRefresh(first)
  await putAndRefresh({ ...second, completed: '2026-03-05' })
  await putAndRefresh({ ...first, ro: 3, posted: '2026-03-03' })
  await putAndRefresh({ ...first, ro: 3, posted: '2026-03-05' })
  await world.refreshDay(day)
  await world.refreshDay('2026-03-03')
  const rows = await world.rows('daily_shop_metrics')
  expect(rows.map((row) => [row['metric_date'], row['ro_count']])).toEqual([[day, 1]])
})

test('a second run on an unchanged day writes nothing', async () => {
  await putAndRefresh(first)
  await world.refreshDay(day)
  const before = await allRows()
  expect(await world.refreshDay(day)).toMatchObject({ changed: false, deleted: false, restated: 0 })
  expect(await allRows()).toEqual(before)
})

test('a day whose last snapshot leaves has no rows at all', async () => {
  await putAndRefresh(first)
  await world.settle()
  await putAndRefresh({ ...first, statusId: 2, posted: null })
  await world.settle()
  for (const table of ['daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics', 'dirty_days'])
    expect(await world.rows(table)).toEqual([])
  expect(await world.refreshDay(day)).toEqual({ row: null, changed: false, deleted: false, restated: 0 })
})

test('a technician and an advisor who lose their last RO of a day lose their row', async () => {
  await putAndRefresh(first)
  await putAndRefresh(second)
  await world.settle()
  await putAndRefresh({ ...second, advisor: writer, jobs: first.jobs ?? [] })
  expect(await world.refreshDay(day)).toMatchObject({ changed: true })
  expect((await world.rows('tech_daily_metrics')).map((row) => row['technician_id'])).toEqual([alpha])
  expect((await world.rows('advisor_daily_metrics')).map((row) => row['service_advisor_id'])).toEqual([
    writer,
  ])
})

test('labor that changes hands changes the technicians’ rows and leaves the shop’s row alone', async () => {
  await putAndRefresh(first)
  await world.settle()
  const before = await world.rows('daily_shop_metrics')
  const spec = JSON.parse(JSON.stringify(first).replace(alpha, beta)) as RepairOrderSpec
  await putAndRefresh(spec)
  expect(await world.refreshDay(day)).toMatchObject({ changed: true, restated: 0 })
  expect(await world.rows('daily_shop_metrics')).toEqual(before)
  expect((await world.rows('tech_daily_metrics')).map((row) => row['technician_id'])).toEqual([beta])
})

test('lines that changed after the snapshot do not reach the day before the snapshot does', async () => {
  await putAndRefresh(first)
  await world.put({
    ...first,
    jobs: [{ authorized: true, labor: [{ hours: 9, total: 9, technician: beta }] }],
  })
  await world.refreshDay(day)
  const [shop] = await world.rows('daily_shop_metrics')
  const technicians = await world.rows('tech_daily_metrics')
  expect(total(technicians, 'hours_billed') + Number(shop?.['unassigned_labor_hours'])).toBe(
    shop?.['labor_hours'],
  )
})

test('a refresh clears the mark it worked from', async () => {
  await putAndRefresh(first)
  await world.refreshDay('2026-03-05')
  expect(await world.rows('dirty_days')).toHaveLength(1)
  await world.refreshDay(day)
  expect(await world.rows('dirty_days')).toEqual([])
})

test('daily_metrics answers the rows of an inclusive range, oldest first, and [] for none', async () => {
  for (const [ro, posted] of ['2026-03-06', day, '2026-03-01', '2026-03-05'].entries())
    await putAndRefresh({ ...first, ro, posted })
  await world.settle()
  const range = async (from: string, to: string): Promise<Row[]> => {
    const { rows } = await world.client.query<{ days: Row[] }>(
      'select public.daily_metrics($1, $2, $3) as days',
      [world.shopId, from, to],
    )
    return rows[0]?.days ?? []
  }
  expect((await range(day, '2026-03-06')).map((row) => row['metric_date'])).toEqual([
    day,
    '2026-03-05',
    '2026-03-06',
  ])
  const [row] = await world.rows('daily_shop_metrics')
  const [told] = await range('2026-03-01', '2026-03-01')
  const { updated_at: _, ...figures } = told ?? {}
  expect(row).toMatchObject(figures)
  expect(Object.keys(figures)).toHaveLength(Object.keys(row ?? {}).length - 4)
  expect(await range('2025-01-01', '2025-12-31')).toEqual([])
})
