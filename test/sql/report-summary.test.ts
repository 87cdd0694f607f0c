// The owner's summary: sums of days, ratios from sums, the period before beside them, estimates and freshness.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createReportWorld, type Report, type ReportWorld } from './support/report-world.ts'
import type { RepairOrderSpec, Row } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'
import {
  employWorkedTechnicians,
  workedExample,
  workedFigures,
  workedRatios,
} from './support/worked-example.ts'

interface Summary {
  readonly from: string
  readonly to: string
  readonly current: Report
  readonly previous: Report
  readonly estimated: Report
  readonly freshness: Report
}

let world: ReportWorld
let first: RepairOrderSpec
let second: RepairOrderSpec
beforeAll(async () => {
  world = await createReportWorld()
})
beforeEach(async () => {
  ;({ first, second } = await openTwoOrderShop(world))
})
afterAll(() => world.close())

const summary = (from: string, to: string, preset: string | null = null): Promise<Summary> =>
  world.ask('report_summary', [world.shopId, from, to, preset])

test('the worked example comes out to the cent through the summary', async () => {
  await employWorkedTechnicians(world.client, world.shopId)
  await world.client.query('select public.apply_repair_order($1)', [
    JSON.stringify({ ...workedExample, shop_id: world.shopId, run_id: null }),
  ])
  await world.refresh(workedExample.repair_order.tm_id)
  await world.settle()
  expect(await summary('2026-03-01', '2026-03-31')).toMatchObject({
    from: '2026-03-01',
    to: '2026-03-31',
    current: {
      ro_count: 1,
      ...workedFigures,
      ...workedRatios,
    },
    estimated: {
      labor_cost: 9434,
      labor_cost_percent: 83.09,
      ro_count: 1,
      profit_resting_on_estimates: 70_714,
      profit_on_known_costs: 0,
    },
  })
})

test('ratios of a range come from summed columns, not from the ratios of its days', async () => {
  await world.count(
    {
      ro: 1,
      statusId: 5,
      posted: '2026-03-04',
      jobs: [{ authorized: true, parts: [{ total: 100, cost: 90 }] }],
    },
    {
      ro: 2,
      statusId: 5,
      posted: '2026-03-05',
      jobs: [
        { authorized: true, parts: [{ total: 900, cost: 100 }] },
        { authorized: null, parts: [{ total: 1000, cost: 1 }] },
      ],
    },
  )
  const { current } = await summary('2026-03-04', '2026-03-05')
  expect(current).toMatchObject({
    ro_count: 2,
    authorized_revenue: 1000,
    authorized_profit: 810,
    authorized_gp_percent: 81, // the mean of 10 and 88.89 would be 49.45
    avg_ro_value: 500,
    avg_ro_profit: 405,
    authorization_rate: 50, // the mean of 100 and 47.37 would be 73.69
    sales_per_labor_hour: null,
  })
})

test('a range of one day says exactly what the day’s row says', async () => {
  await world.count(first, second, { ...first, ro: 3, posted: '2026-03-05' })
  const { current } = await summary('2026-03-04', '2026-03-04')
  const [row] = await world.rows('daily_shop_metrics')
  const { id: _i, shop_id: _s, metric_date: _d, created_at: _c, updated_at: _u, ...figures } = row as Row
  expect(current).toEqual(figures)
  expect(Object.keys(figures)).toHaveLength(37)
})

test('an empty range has zero sums and NULL ratios, now and before', async () => {
  const { current, previous, estimated } = await summary('2026-03-01', '2026-03-02')
  for (const figures of [current, previous])
    expect(figures).toMatchObject({
      ro_count: 0,
      authorized_revenue: 0,
      labor_hours: 0,
      authorized_gp_percent: null,
      avg_ro_value: null,
      avg_ro_profit: null,
      avg_labor_rate: null,
      gp_per_labor_hour: null,
      gross_profit_per_labor_hour: null,
      sales_per_labor_hour: null,
      authorization_rate: null,
    })
  expect(estimated).toEqual({
    labor_cost: 0,
    labor_cost_percent: null,
    ro_count: 0,
    profit_resting_on_estimates: 0,
    profit_on_known_costs: 0,
  })
})

test('the range’s days are counted to both ends and the period before holds its own', async () => {
  for (const [ro, posted] of ['2026-02-26', '2026-03-01', '2026-03-05', '2026-03-06'].entries())
    await world.count({ ...first, ro, posted })
  const { current, previous } = await summary('2026-03-01', '2026-03-05')
  expect(current['ro_count']).toBe(2)
  expect(previous).toMatchObject({
    from: '2026-02-22',
    to: '2026-02-26',
    ro_count: 1,
    authorized_revenue: 40_000,
  })
})

test('gross profit is split into what rests on estimates and what does not', async () => {
  const known = { hours: 1, total: 5000, cost: 1000 }
  await world.count(first, second, {
    ro: 3,
    statusId: 5,
    posted: '2026-03-04',
    jobs: [{ authorized: true, labor: [known] }],
  })
  const { current, estimated } = await summary('2026-03-04', '2026-03-04')
  expect(current).toMatchObject({ authorized_profit: 48_221, labor_cost: 15_780, estimated_labor_cost: 4280 })
  expect(estimated).toEqual({
    labor_cost: 4280,
    labor_cost_percent: 27.12,
    ro_count: 2,
    profit_resting_on_estimates: 44_221,
    profit_on_known_costs: 4000,
  })
})

test('freshness tells the last complete listing, what waits and what is withheld', async () => {
  const { shopId, client } = world
  await world.count(first)
  await client.query(
    `insert into public.sync_log (shop_id, kind, trigger, status, truncated, started_at, finished_at) values
       ($1, 'repair-orders', 'schedule', 'finished', false, '2026-03-04T10:00Z', '2026-03-04T10:01Z'),
       ($1, 'repair-orders', 'schedule', 'finished', true, '2026-03-04T11:00Z', '2026-03-04T11:01Z'),
       ($1, 'employees', 'schedule', 'finished', false, '2026-03-04T12:00Z', '2026-03-04T12:01Z'),
       ($1, 'repair-orders', 'schedule', 'syncing', false, '2026-03-04T13:00Z', null)`,
    [shopId],
  )
  // Runs that read a part of what TM has: one RO, a window of a backfill, the posted ROs, one board, the first few.
  await client.query(
    `insert into public.sync_log (shop_id, kind, trigger, status, params, started_at, finished_at)
     select $1, 'repair-orders', 'api', 'finished', params, '2026-03-04T14:00Z', '2026-03-04T14:01Z'
       from unnest(array['{"ro": 7}', '{"source": "backfill"}', '{"source": "report"}',
                         '{"board": "ACTIVE"}', '{"board": "ALL", "limit": 5}']::jsonb[]) params`,
    [shopId],
  )
  await client.query(
    "insert into public.dirty_days (shop_id, metric_date) values ($1, '2026-03-04'), ($1, '2026-04-04')",
    [shopId],
  )
  await client.query(
    `insert into public.ro_quarantine (shop_id, ro_tm_id, fetched_at, reason, cause, authorized_total)
     values ($1, 71, now(), 'x', '{}', 1250), ($1, 72, now(), 'x', '{}', null)`,
    [shopId],
  )
  await world.put(second)
  expect((await summary('2026-03-04', '2026-03-04')).freshness).toMatchObject({
    last_synced_at: '2026-03-04T10:00:00+00:00',
    stale_ros: 1,
    dirty_days: 1,
    quarantined: 2,
    quarantined_unknown: 1,
    withheld_cents: 1250,
  })
})

test('freshness tells up to when the shop is proven, and which days of the range are', async () => {
  await world.count(first, { ...first, ro: 3, posted: '2026-03-05' })
  const prove = (date: string, state: string, reason: string | null, differences = '[]') =>
    world.client.query(
      `insert into public.reconciliations (shop_id, metric_date, state, reason, differences, listed_at)
       values ($1, $2, $3, $4, $5, $2::date + interval '3 days')`,
      [world.shopId, date, state, reason, differences],
    )
  await prove('2026-03-03', 'proven', null)
  await prove('2026-03-04', 'proven', null)
  await prove('2026-03-05', 'differs', null, '[{"kind": "extra", "ro": 3}]')
  expect((await summary('2026-03-04', '2026-03-08')).freshness).toMatchObject({
    complete_through: '2026-03-04',
    complete_through_at: '2026-03-05T05:00:00+00:00',
    stopped_by: { date: '2026-03-05', state: 'differs', differences: 1 },
    days_proven: 1,
    days_differing: 1,
    days_unproven: 3,
  })
  await world.client.query(
    "insert into public.dirty_days (shop_id, metric_date) values ($1, '2026-03-04'), ($1, '2026-03-05')",
    [world.shopId],
  )
  expect((await summary('2026-03-04', '2026-03-08')).freshness).toMatchObject({
    complete_through: '2026-03-03',
    days_proven: 0,
    days_differing: 1,
    days_unproven: 4,
  })
})

test('days to come are neither proven nor unproven', async () => {
  const { rows } = await world.client.query<{ today: string }>(
    "select (now() at time zone 'America/New_York')::date as today",
  )
  const today = rows[0]?.today ?? ''
  const { freshness } = await summary(today, '2100-01-01')
  expect(freshness).toMatchObject({ complete_through: null, days_proven: 0, days_unproven: 1 })
})
