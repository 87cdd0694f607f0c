// Technicians and advisors over a range: sums of their days, ratios from the sums, and together the shop.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createReportWorld, type Report, type ReportWorld } from './support/report-world.ts'
import type { RepairOrderSpec } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

let world: ReportWorld
let alpha: string
let beta: string
let writer: string
let first: RepairOrderSpec
let second: RepairOrderSpec
beforeAll(async () => {
  world = await createReportWorld()
})
beforeEach(async () => {
  ;({ alpha, beta, writer, first, second } = await openTwoOrderShop(world))
  second = { ...second, completed: '2026-03-05' }
})
afterAll(() => world.close())

const ask = (name: string, from = '2026-03-04', to = '2026-03-05') =>
  world.ask<{ technicians: Report[]; advisors: Report[]; unassigned: Report; shop: Report }>(name, [
    world.shopId,
    from,
    to,
  ])
const total = (rows: readonly Report[], name: string) => rows.reduce((sum, row) => sum + Number(row[name]), 0)

test('a technician’s range sums the days, estimates included, most hours first', async () => {
  await world.count(first, second)
  const { technicians } = await ask('report_technicians')
  expect(technicians).toEqual([
    {
      technician_id: alpha,
      technician_tm_id: 1,
      technician_name: 'Alpha Sample',
      hours_billed: 3.5,
      labor_revenue: 35_000,
      labor_cost: 10_500,
      labor_profit: 24_500,
      estimated_labor_cost: 0,
      jobs_worked: 2,
      ros_worked: 2,
      rate_sources: { assigned: 2, shop_avg: 0, default: 0 },
      gp_percent: 70,
      gp_per_hour: 7000,
      avg_retail_rate: 10_000,
      avg_cost_rate: 3000,
    },
    {
      technician_id: beta,
      technician_tm_id: 2,
      technician_name: 'Beta Sample',
      hours_billed: 1,
      labor_revenue: 10_001,
      labor_cost: 2500,
      labor_profit: 7501,
      estimated_labor_cost: 2500,
      jobs_worked: 1,
      ros_worked: 1,
      rate_sources: { assigned: 0, shop_avg: 0, default: 1 },
      gp_percent: 75,
      gp_per_hour: 7501,
      avg_retail_rate: 10_001,
      avg_cost_rate: 2500,
    },
  ])
})

test('technicians and unassigned labor make the shop, in hours, revenue, cost and estimated cost', async () => {
  await world.count(first, second)
  const { technicians, unassigned, shop } = await ask('report_technicians')
  expect(unassigned).toEqual({
    hours_billed: 0.5,
    labor_revenue: 5000,
    labor_cost: 1780,
    estimated_labor_cost: 1780,
  })
  for (const name of ['hours_billed', 'labor_revenue', 'labor_cost', 'estimated_labor_cost'])
    expect(total(technicians, name) + Number(unassigned[name]), name).toBe(shop[name])
})

test('advisors, with a row for none, make the shop, and each has the ratios of the range', async () => {
  await world.count(first, second, { ...first, ro: 3, posted: '2026-03-05' })
  const { advisors } = await ask('report_advisors')
  expect(advisors).toMatchObject([
    {
      service_advisor_id: writer,
      service_advisor_tm_id: 3,
      advisor_name: 'Writer Sample',
      ro_count: 2,
      authorized_revenue: 80_000,
      authorized_profit: 43_440,
      authorized_gp_percent: 54.3,
      avg_ro_value: 40_000,
      avg_ro_profit: 21_720,
      labor_hours: 4,
      estimated_labor_cost: 3560,
      sales_per_labor_hour: 20_000,
      authorization_rate: 85.11,
    },
    {
      service_advisor_id: null,
      advisor_name: null,
      ro_count: 1,
      authorized_revenue: 33_001,
      estimated_labor_cost: 2500,
    },
  ])
  const { current } = await world.ask<{ current: Report }>('report_summary', [
    world.shopId,
    '2026-03-04',
    '2026-03-05',
  ])
  for (const name of [
    'ro_count',
    'authorized_revenue',
    'authorized_cost',
    'authorized_profit',
    'labor_hours',
    'potential_revenue',
    'estimated_labor_cost',
  ])
    expect(total(advisors, name), name).toBe(current[name])
})

test('a name is the newest one of the range', async () => {
  await world.count(first)
  await world.client.query("update public.employees set first_name = 'Renamed' where id = any ($1)", [
    [alpha, writer],
  ])
  await world.count({ ...first, ro: 3, posted: '2026-03-05' })
  expect((await ask('report_technicians')).technicians).toMatchObject([{ technician_name: 'Renamed Sample' }])
  expect((await ask('report_advisors')).advisors).toMatchObject([{ advisor_name: 'Renamed Sample' }])
})

test('a range without work has nobody in it, and zeros', async () => {
  await world.count(first)
  expect(await ask('report_technicians', '2026-04-01', '2026-04-30')).toMatchObject({
    technicians: [],
    unassigned: { hours_billed: 0, labor_revenue: 0, labor_cost: 0, estimated_labor_cost: 0 },
    shop: { hours_billed: 0, labor_revenue: 0 },
  })
  expect((await ask('report_advisors', '2026-04-01', '2026-04-30')).advisors).toEqual([])
})

test('the days of a range come oldest first, with those about to be computed again', async () => {
  await world.count(second, first)
  await world.client.query(
    "insert into public.dirty_days (shop_id, metric_date) values ($1, '2026-03-05'), ($1, '2026-03-09')",
    [world.shopId],
  )
  const daily = await world.ask<{ days: Report[] }>('report_daily', [
    world.shopId,
    '2026-03-01',
    '2026-03-05',
  ])
  expect(daily).toMatchObject({ from: '2026-03-01', to: '2026-03-05', dirty_days: ['2026-03-05'] })
  expect(daily.days.map((row) => row['metric_date'])).toEqual(['2026-03-04', '2026-03-05'])
})
