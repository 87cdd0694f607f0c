// What happens to an RO after it counted once: after every step it counts once, on the right day, the day it left is
// right too, and what moved on a past day is on record. By the real path, from TM's answers.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EMPLOYEES } from './support/golden-file.ts'
import { openGoldenShop, type GoldenShop, type Moment } from './support/golden-shop.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 71
let world: WarehouseWorld
let shop: GoldenShop

beforeAll(async () => {
  world = await createWarehouseWorld()
})
beforeEach(async () => {
  shop = await openGoldenShop(world, { timezone: 'America/New_York', employees: EMPLOYEES })
  steps = 0
  known = new Set()
})
afterAll(() => world.close())

/** Parts 10000 (cost 4000) and an hour of Alpha at 15000 (cost 3200). */
const WORK: Moment = {
  jobs: [{ authorized: true, parts: [[1, 4000, 10_000, 10_000]], labor: [[1, 15_000, 15_000, 'Alpha']] }],
  profit: [25_000, 7200, 17_800, 0.712],
}

let steps = 0
let known = new Set<unknown>()

/** TM says this now: read, pictured, and all days computed. Instants that are left out are null. */
const tmSays = async (moment: Moment, ro = RO): Promise<string> => {
  steps += 1
  const updatedDate = new Date(Date.parse('2024-01-01T00:00:00Z') + steps * 1000).toISOString()
  const { outcome } = await shop.apply(
    ro,
    { ...WORK, posted: null, completed: null, ...moment, header: { updatedDate, ...moment.header } },
    '2024-03-04',
  )
  await shop.settle()
  return outcome
}

/** Days and how many ROs they count; equal to the counted snapshots, of which an RO has at most one. */
const counts = async (): Promise<Record<string, number>> => {
  const days = await shop.rows('daily_shop_metrics', 'metric_date')
  const counted = (await shop.rows('ro_snapshots', 'id')).filter((row) => row['counted'] === true)
  expect(new Set(counted.map((row) => row['ro_tm_id'])).size).toBe(counted.length)
  const tally = Object.fromEntries(days.map((row) => [String(row['metric_date']), Number(row['ro_count'])]))
  const ofSnapshots: Record<string, number> = {}
  for (const row of counted) {
    const date = String(row['snapshot_date'])
    ofSnapshots[date] = (ofSnapshots[date] ?? 0) + 1
  }
  expect(ofSnapshots).toEqual(tally)
  return tally
}

/** Restatements of one metric since the last look, as [day, old, new, ROs]. */
const restated = async (metric: string): Promise<unknown[]> => {
  const rows = await world.query(
    `select id, metric, to_jsonb(array[metric_date::text, old_value::text, new_value::text]) as moved, to_jsonb(ro_tm_ids) as ros
       from public.metric_restatements where shop_id = $1 order by metric_date, restated_at`,
    [shop.shopId],
  )
  const news = rows.filter((row) => !known.has(row['id']))
  for (const row of news) known.add(row['id'])
  return news
    .filter((row) => row['metric'] === metric)
    .map((row) => {
      const [date, before, after] = row['moved'] as [string, string | null, string | null]
      return [
        date,
        before === null ? null : Number(before),
        after === null ? null : Number(after),
        row['ros'],
      ]
    })
}

test('complete, then posted on another day', async () => {
  await tmSays({ status: 3, completed: '2024-03-04T20:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  expect(await restated('ro_count')).toEqual([])
  await tmSays({ status: 5, completed: '2024-03-04T20:00:00Z', posted: '2024-03-06T01:30:00Z' })
  expect(await counts()).toEqual({ '2024-03-05': 1 })
  expect(await restated('ro_count')).toEqual([['2024-03-04', 1, null, [RO]]])
})

test('posted, un-posted with its dates left on it, re-posted on another day, and again in another month', async () => {
  const completed = '2024-03-04T20:00:00Z'
  await tmSays({ status: 5, completed, posted: '2024-03-04T21:00:00Z' })
  await tmSays({ status: 2, completed, posted: '2024-03-04T21:00:00Z' })
  expect(await counts()).toEqual({})
  expect(await restated('authorized_revenue')).toEqual([['2024-03-04', 25_000, null, [RO]]])
  await tmSays({ status: 5, completed, posted: '2024-03-07T21:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-07': 1 })
  expect(await restated('ro_count')).toEqual([])
  await tmSays({ status: 3, completed, posted: '2024-03-07T21:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  expect(await restated('ro_count')).toEqual([
    ['2024-03-04', null, 1, [RO]],
    ['2024-03-07', 1, null, [RO]],
  ])
  await tmSays({ status: 5, completed, posted: '2024-04-02T03:59:59Z' })
  expect(await counts()).toEqual({ '2024-04-01': 1 })
  await tmSays({ status: 5, completed, posted: '2024-03-04T21:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  expect(await restated('ro_count')).toEqual([
    ['2024-03-04', 1, null, [RO]],
    ['2024-03-04', null, 1, [RO]],
    ['2024-04-01', 1, null, [RO]],
  ])
})

test('posting dated back into a day that others share', async () => {
  await tmSays({ status: 5, posted: '2024-02-10T18:00:00Z' }, 70)
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' }, 72)
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' })
  await restated('')
  await tmSays({ status: 5, posted: '2024-02-10T18:00:00Z' })
  expect(await counts()).toEqual({ '2024-02-10': 2, '2024-03-04': 1 })
  expect(await restated('net_sales')).toEqual([
    ['2024-02-10', 25_000, 50_000, [RO]],
    ['2024-03-04', 50_000, 25_000, [RO]],
  ])
})

test('an A/R that is settled moves nothing', async () => {
  await tmSays({ status: 6, posted: '2024-03-04T18:00:00Z', header: { amountPaid: 0, balanceDue: 25_000 } })
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z', header: { amountPaid: 25_000, balanceDue: 0 } })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  expect(await restated('ro_count')).toEqual([])
  expect(await shop.rows('ro_snapshots', 'id')).toMatchObject([{ ro_status: 'POSTED', counted: true }])
})

test('deleted after posting, by status or because TM has it no more', async () => {
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' })
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' }, 72)
  await restated('')
  await tmSays({ status: 7, posted: '2024-03-04T18:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  expect(await restated('ro_count')).toEqual([['2024-03-04', 2, 1, [RO]]])
  for (const observed of ['2030-01-01T00:00:00Z', '2030-01-01T01:00:00Z'])
    await world.call('mark_repair_order_deleted', [shop.shopId, 72, observed, null])
  await shop.settle()
  expect(await counts()).toEqual({})
  expect(await restated('ro_count')).toEqual([['2024-03-04', 1, null, [72]]])
})

test('a part corrected 40 days later restates the posted day and no other', async () => {
  await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' })
  await tmSays({
    status: 5,
    posted: '2024-03-04T18:00:00Z',
    header: { updatedDate: '2024-04-13T18:00:00Z' },
    jobs: [{ authorized: true, parts: [[1, 4500, 11_000, 11_000]], labor: [[1, 15_000, 15_000, 'Alpha']] }],
    profit: [26_000, 7700, 18_300, 0.703846],
  })
  expect(await counts()).toEqual({ '2024-03-04': 1 })
  const moved = await world.query(
    'select metric, old_value, new_value from public.metric_restatements where shop_id = $1 order by metric',
    [shop.shopId],
  )
  // Profit 18300 of 26000 is 70.38 %; one RO and one hour, so that averages are the sums.
  expect(moved.map((row) => [row['metric'], row['old_value'], row['new_value']])).toEqual([
    ['authorized_cost', 7200, 7700],
    ['authorized_gp_percent', 71.2, 70.38],
    ['authorized_profit', 17_800, 18_300],
    ['authorized_revenue', 25_000, 26_000],
    ['avg_ro_profit', 17_800, 18_300],
    ['avg_ro_value', 25_000, 26_000],
    ['gross_profit_per_labor_hour', 17_800, 18_300],
    ['net_profit', 17_800, 18_300],
    ['net_sales', 25_000, 26_000],
    ['parts_cost', 4000, 4500],
    ['parts_revenue', 10_000, 11_000],
    ['potential_revenue', 25_000, 26_000],
    ['sales_per_labor_hour', 25_000, 26_000],
  ])
})

describe('a raise after posting', () => {
  const raised: Moment = {
    status: 5,
    posted: '2024-03-04T18:00:00Z',
    profit: [25_000, 8000, 17_000, 0.68],
  }
  beforeEach(async () => {
    await tmSays({ status: 5, posted: '2024-03-04T18:00:00Z' })
    await shop.employ([{ name: 'Alpha', role: 3, hourly_rate: 4000, can_perform_work: true }])
  })

  test('TM recomputing the past at today’s pay is no change', async () => {
    steps -= 1
    expect(await tmSays(raised)).toBe('unchanged')
    expect(await shop.rows('daily_shop_metrics', 'id')).toMatchObject([
      { authorized_cost: 7200, labor_cost: 3200 },
    ])
    expect(await restated('authorized_cost')).toEqual([])
  })

  test('an A/R that is settled after it, or a note, does not restate the cost', async () => {
    expect(await tmSays({ ...raised, status: 6, header: { notes: 'Called', balanceDue: 1 } })).toBe('updated')
    expect(await tmSays({ ...raised, header: { notes: 'Paid', balanceDue: 0 } })).toBe('updated')
    expect(await shop.rows('ro_snapshots', 'id')).toMatchObject([
      { authorized_cost: 7200, authorized_profit: 17_800, tm_reported_gp_percent: 71.2, variance_percent: 0 },
    ])
    expect(await restated('authorized_cost')).toEqual([])
  })

  test.each([
    ['an hour', { labor: [[1.5, 10_000, 15_000, 'Alpha']] }],
    ['a technician', { labor: [[1, 15_000, 15_000, 'Beta']] }],
    ['a part’s cost', { parts: [[1, 4100, 10_000, 10_000]] }],
  ])('a change of %s takes TM’s cost anew', async (_what, change) => {
    await tmSays({ ...raised, jobs: [{ ...WORK.jobs?.[0], ...change }] })
    expect(await shop.rows('ro_snapshots', 'id')).toMatchObject([{ authorized_cost: 8000 }])
  })

  test('a later edit of a part keeps what the hour cost', async () => {
    await tmSays({
      ...raised,
      jobs: [{ authorized: true, parts: [[1, 4100, 10_000, 10_000]], labor: [[1, 15_000, 15_000, 'Alpha']] }],
    })
    expect(await shop.rows('daily_shop_metrics', 'id')).toMatchObject([
      { parts_cost: 4100, labor_cost: 3200 },
    ])
    expect(await restated('labor_cost')).toEqual([])
  })

  test('an RO posted after it costs the new rate, on another day', async () => {
    await tmSays({ ...raised, posted: '2024-03-05T18:00:00Z' }, 72)
    const days = await shop.rows('daily_shop_metrics', 'metric_date')
    expect(days.map((row) => row['labor_cost'])).toEqual([3200, 4000])
  })
})

test('a shop that changes its time zone: ROs near midnight move, the others stay', async () => {
  await tmSays({ status: 5, posted: '2024-03-05T06:30:00Z' })
  await tmSays({ status: 5, posted: '2024-03-05T18:00:00Z' }, 72)
  await tmSays({ status: 3, completed: '2024-03-05T05:00:00Z' }, 73)
  expect(await counts()).toEqual({ '2024-03-05': 3 })
  await restated('')
  await world.call('set_shop', [shop.shopTmId, { timezone: 'America/Los_Angeles' }])
  await shop.settle()
  expect(await counts()).toEqual({ '2024-03-04': 2, '2024-03-05': 1 })
  expect(await restated('ro_count')).toEqual([['2024-03-05', 3, 1, [RO, 73]]])
  await world.call('set_shop', [shop.shopTmId, { timezone: 'America/New_York' }])
  await shop.settle()
  expect(await counts()).toEqual({ '2024-03-05': 3 })
})

test('the 23-hour day: from its first minute to its last and over its edge', async () => {
  await tmSays({ status: 5, posted: '2024-03-10T05:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-10': 1 })
  await tmSays({ status: 5, posted: '2024-03-11T03:59:59.999999Z' })
  expect(await counts()).toEqual({ '2024-03-10': 1 })
  expect(await restated('ro_count')).toEqual([])
  await tmSays({ status: 5, posted: '2024-03-11T04:00:00Z' })
  expect(await counts()).toEqual({ '2024-03-11': 1 })
  await tmSays({ status: 5, posted: '2024-03-10T04:59:59Z' })
  expect(await counts()).toEqual({ '2024-03-09': 1 })
  expect(await restated('ro_count')).toEqual([
    ['2024-03-10', 1, null, [RO]],
    ['2024-03-11', 1, null, [RO]],
  ])
})

test('the 25-hour day: an hour that comes twice is one day', async () => {
  await tmSays({ status: 5, posted: '2024-11-03T05:30:00Z' })
  await tmSays({ status: 5, posted: '2024-11-03T06:30:00Z' }, 72)
  await tmSays({ status: 5, posted: '2024-11-03T04:00:00Z' }, 73)
  await tmSays({ status: 5, posted: '2024-11-04T04:59:59Z' }, 74)
  expect(await counts()).toEqual({ '2024-11-03': 4 })
  await restated('')
  await tmSays({ status: 5, posted: '2024-11-04T05:00:00Z' }, 74)
  await tmSays({ status: 5, posted: '2024-11-03T03:59:59Z' }, 73)
  expect(await counts()).toEqual({ '2024-11-02': 1, '2024-11-03': 2, '2024-11-04': 1 })
  expect(await restated('ro_count')).toEqual([
    ['2024-11-03', 4, 3, [74]],
    ['2024-11-03', 3, 2, [73]],
  ])
})
