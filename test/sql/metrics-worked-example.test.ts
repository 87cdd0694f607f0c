// The worked example of metrics.md, from the bundle through the write path to snapshot and day, to the cent; and what
// later readings of the same RO do to it.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RepairOrderFields } from '../../src/core/warehouse/bundle.ts'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import {
  employWorkedTechnicians,
  workedExample,
  workedFigures,
  workedRatios,
} from './support/worked-example.ts'

const ro = workedExample.repair_order.tm_id
let world: MetricsWorld
let readings = 0

beforeAll(async () => {
  world = await createMetricsWorld()
})
beforeEach(async () => {
  await world.startShop('America/New_York')
  await employWorkedTechnicians(world.client, world.shopId)
})
afterAll(() => world.close())

/** A newer reading of the RO with these header fields, then whatever it makes stale. */
const read = async (fields: Partial<RepairOrderFields> = {}) => {
  readings += 1
  const bundle = {
    ...workedExample,
    shop_id: world.shopId,
    run_id: null,
    content_hash: `reading ${readings}`,
    fetched_at: new Date(Date.parse(workedExample.fetched_at) + readings * 1000).toISOString(),
    repair_order: { ...workedExample.repair_order, ...fields },
  }
  await world.client.query('select public.apply_repair_order($1)', [JSON.stringify(bundle)])
  const answer = await world.refresh(ro)
  await world.settle()
  return answer
}

const counted = async () =>
  (await world.rows('ro_snapshots'))
    .filter((row) => row['counted'] === true)
    .map((row) => [row['snapshot_date'], row['snapshot_trigger']])

test('the worked example’s RO comes out to the cent, on the shop’s local day', async () => {
  expect(await read()).toEqual({ outcome: 'written', affected_dates: ['2026-03-04'] })
  expect(await world.rows('ro_snapshots')).toMatchObject([
    {
      snapshot_date: '2026-03-04',
      snapshot_trigger: 'posted',
      counted: true,
      superseded_at: null,
      ro_tm_id: ro,
      ro_number: 20_418,
      ro_status: 'POSTED',
      customer_name: 'Sample Customer',
      vehicle_description: '2018 Honda CR-V',
      service_advisor_tm_id: 200_311,
      service_advisor_name: 'Writer One',
      calculation_method: 'TRUE_GP',
      ...workedFigures,
      tm_reported_gp_percent: 65.32,
      variance_percent: 0,
      variance_reason: null,
    },
  ])
})

test('the worked example’s day comes out to the cent for shop, technician and advisor', async () => {
  await read()
  expect(await world.rows('daily_shop_metrics')).toMatchObject([
    {
      metric_date: '2026-03-04',
      ro_count: 1,
      ro_posted_count: 1,
      ro_completed_count: 0,
      source_snapshot_count: 1,
      ...workedFigures,
      ...workedRatios,
    },
  ])
  expect(await world.rows('tech_daily_metrics')).toMatchObject([
    {
      technician_tm_id: 200_457,
      hours_billed: 0.6,
      labor_revenue: 11_100,
      labor_cost: 1920,
      labor_profit: 9180,
      gp_percent: 82.7,
      gp_per_hour: 15_300,
      avg_retail_rate: 18_500,
      avg_cost_rate: 3200,
      jobs_worked: 1,
      ros_worked: 1,
      rate_sources: { assigned: 1, shop_avg: 0, default: 0 },
    },
  ])
  expect(await world.rows('advisor_daily_metrics')).toMatchObject([
    { service_advisor_tm_id: 200_311, ro_count: 1, authorized_revenue: 108_264, authorization_rate: 91.9 },
  ])
  expect(await world.rows('dirty_days')).toEqual([])
})

test('the same instant is another day in a shop of another time zone', async () => {
  await world.startShop('Europe/Berlin')
  expect((await read()).affected_dates).toEqual(['2026-03-05'])
})

test.each([
  { state: 'estimate', status_id: 1, expected: [] },
  { state: 'work in progress', status_id: 2, expected: [] },
  { state: 'complete', status_id: 3, expected: [['2026-03-04', 'completed']] },
  { state: 'saved for later', status_id: 4, expected: [] },
  { state: 'accounts receivable', status_id: 6, expected: [['2026-03-04', 'posted']] },
  { state: 'deleted', status_id: 7, expected: [] },
])(
  'an RO back in $state counts by its status, not by the dates TM left in it',
  async ({ status_id, expected }) => {
    await read()
    await read({ status_id, status: 'AS SENT' })
    expect(await counted()).toEqual(expected)
    expect(await world.rows('daily_shop_metrics')).toHaveLength(expected.length)
  },
)

test('re-posting in another month moves the count there and leaves nothing behind', async () => {
  await read()
  await read({ status_id: 2, status: 'WORKINPROGRESS' })
  await read({ posted_at: '2026-04-01T03:59:59Z' })
  expect(await counted()).toEqual([['2026-03-31', 'posted']])
  expect((await world.rows('daily_shop_metrics')).map((row) => row['metric_date'])).toEqual(['2026-03-31'])
})

test('a reading that changes no metric marks nothing, writes nothing and dirties nothing', async () => {
  await read()
  const before = await world.rows('ro_snapshots')
  expect(await read({ notes: 'called the customer', amount_paid: 0 })).toEqual({
    outcome: 'unchanged',
    affected_dates: [],
  })
  expect(await world.rows('ro_snapshots')).toEqual(before)
})

test('a raise of pay does not restate the labor cost of a posted RO', async () => {
  await read()
  await world.client.query('update public.employees set hourly_rate = 9000 where shop_id = $1', [
    world.shopId,
  ])
  expect((await read({ notes: 'again' })).affected_dates).toEqual([])
  expect((await world.rows('ro_snapshots'))[0]).toMatchObject({
    labor_cost: 11_354,
    estimated_labor_cost: 9434,
  })
})
