// What comparing a day with TM's report stores, what ends a proof, and how far a shop is proven.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417
const DAY = '2026-03-04'
/** What TM's report says of the ordinary bundle's RO when everything agrees: cents, and the margin as TM rounds it. */
const AGREED = {
  ro: RO,
  posted: '2026-03-05T01:12:09Z',
  labor: 4_280,
  parts: 2_908,
  sublet: 4_900,
  fees: 350,
  total: 11_938,
  margin: 0.407524,
}

interface Difference {
  readonly kind: string
  readonly ro: number | null
  readonly column: string | null
  readonly tm: unknown
  readonly here: unknown
}
interface Day {
  readonly date: string
  readonly state: string
  readonly reason: string | null
  readonly whole: boolean
  readonly differences: Difference[]
  readonly completed_ros: number
}
interface Through {
  readonly from: string | null
  readonly through: string | null
  readonly through_at: string | null
  readonly why: { readonly date: string | null; readonly state: string; readonly reason: string | null }
}

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())

const settle = async (): Promise<void> => {
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  const dirty = await world.query('select metric_date from public.dirty_days where shop_id = $1', [
    world.shopId,
  ])
  for (const { metric_date } of dirty) await world.call('refresh_daily_metrics', [world.shopId, metric_date])
}

beforeEach(async () => {
  await world.startShop()
  await world.apply(bundleWith())
  await settle()
})

interface Compared {
  readonly from?: string
  readonly to?: string
  readonly listedAt?: string
  readonly complete?: boolean
  readonly last?: boolean
}

/** One look, by default the deciding one, at the RO's day, from a listing begun two days later. */
const compare = async (
  rows: readonly object[],
  { from = DAY, to = DAY, listedAt = '2026-03-06T12:00:00Z', complete = true, last = true }: Compared = {},
) => {
  const { run_id } = await world.call<{ run_id: string }>('start_run', [
    world.shopId,
    'reconcile',
    'cli',
    { ranges: [{ from, to }] },
    null,
  ])
  const listing = { listed_at: listedAt, complete }
  const answer = await world.call<{ resync: number[]; rebuild: string[]; open: number }>('reconcile_days', [
    world.shopId,
    run_id,
    from,
    to,
    rows,
    listing,
    last,
  ])
  return { runId: run_id, ...answer }
}
const dayOf = async (date = DAY): Promise<Day> => {
  const [day] = await world.call<Day[]>('reconciliation_days', [world.shopId, date, date])
  if (day === undefined) throw new Error('the day is not listed')
  return day
}
const through = () => world.call<Through>('complete_through', [world.shopId])

describe('a comparison', () => {
  test('proves a day on which every figure agrees', async () => {
    await compare([AGREED])
    expect(await dayOf()).toMatchObject({ state: 'proven', reason: null, whole: true, differences: [] })
  })

  test.each([
    ['laborProfit', { labor: 4_281 }, 'authorized_profit', 12_089, 12_088],
    ['partsTotalProfit', { parts: 2_909, labor: 4_279 }, 'parts_revenue - parts_cost', 2_909, 2_908],
    ['subletProfit', { sublet: 4_899, labor: 4_281 }, 'sublet_revenue - sublet_cost', 4_899, 4_900],
    ['feesProfit', { fees: 349 }, 'fees_total', 349, 350],
    ['margin', { margin: 0.407525 }, 'net_sales (margin of the total profit)', 0.407525, 0.407524],
  ] as const)('names a %s that is one off, with both values', async (_, wrong, column, tm, here) => {
    await compare([{ ...AGREED, ...wrong }])
    const { state, differences } = await dayOf()
    expect(state).toBe('differs')
    expect(differences).toEqual([expect.objectContaining({ kind: 'figure', ro: RO, column, tm, here })])
  })

  test('names a total that is one off', async () => {
    await compare([{ ...AGREED, total: 11_939, margin: null }])
    expect((await dayOf()).differences).toMatchObject([
      { column: 'authorized_profit + fees_total - discount_total', tm: 11_939, here: 11_938 },
    ])
  })

  test('takes a margin as exactly as TM prints it', async () => {
    await compare([{ ...AGREED, margin: 0.408 }])
    expect(await dayOf()).toMatchObject({ state: 'proven' })
    await compare([{ ...AGREED, margin: 0.409 }])
    expect(await dayOf()).toMatchObject({ state: 'differs' })
  })

  test('names an RO on the day TM has it and on the day it is here', async () => {
    await compare([{ ...AGREED, posted: '2026-03-05T15:00:00Z' }], { to: '2026-03-05' })
    expect(await dayOf()).toMatchObject({
      state: 'differs',
      differences: [{ kind: 'extra', ro: RO, tm: { posted: '2026-03-05' } }],
    })
    expect(await dayOf('2026-03-05')).toMatchObject({
      state: 'differs',
      differences: [{ kind: 'missing', ro: RO, here: { status: 'POSTED', posted: DAY } }],
    })
  })

  test('reads what differs once more before it decides', async () => {
    const { runId, resync, open } = await compare([{ ...AGREED, fees: 349 }], { last: false })
    expect({ resync, open }).toEqual({ resync: [RO], open: 1 })
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'resyncing' })
    expect(
      await world.query('select ro_tm_id, outcome from public.sync_run_items where run_id = $1', [runId]),
    ).toEqual([{ ro_tm_id: RO, outcome: 'pending' }])
    expect(await world.call('reconcile_work', [runId])).toEqual({
      ranges: [{ from: DAY, to: DAY, looks: 1 }],
      pending: 1,
      stale: 0,
      dirty: 0,
    })
  })

  test('of a listing that TM cut off proves nothing and blames nobody', async () => {
    const { resync } = await compare([], { complete: false, last: false })
    expect(resync).toEqual([])
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'listing_incomplete', differences: [] })
  })

  test('proves nothing while something of the day is still to be computed', async () => {
    await world.apply(laterBundle(5, (bundle) => void (jobOf(bundle).discount = 600)))
    await compare([AGREED])
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'work_pending' })
  })

  test('counts completed ROs apart: the report cannot confirm them', async () => {
    await world.apply(
      laterBundle(5, ({ repair_order: ro }) => {
        Object.assign(ro, { status: 'COMPLETE', status_id: 3, posted_at: null })
      }),
    )
    await settle()
    await compare([])
    expect(await dayOf()).toMatchObject({ state: 'proven', completed_ros: 1 })
  })
})

describe('a proof', () => {
  beforeEach(async () => {
    await compare([AGREED])
  })

  test.each([
    ['a counted snapshot', 'update public.ro_snapshots set fees_total = fees_total + 1 where shop_id = $1'],
    [
      'the daily row',
      'update public.daily_shop_metrics set labor_hours = labor_hours + 0.1 where shop_id = $1',
    ],
    ['a snapshot that is taken away', 'delete from public.ro_snapshots where shop_id = $1'],
    ['a daily row that is taken away', 'delete from public.daily_shop_metrics where shop_id = $1'],
  ])('ends when a figure changes: %s', async (_, statement) => {
    await world.query(statement, [world.shopId])
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'changed_since' })
  })

  test('of both days ends when an RO moves from one to the other', async () => {
    await compare([], { from: '2026-03-05', to: '2026-03-05' })
    await world.apply(laterBundle(5, ({ repair_order: ro }) => void (ro.posted_at = '2026-03-05T15:00:00Z')))
    await settle()
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'changed_since' })
    expect(await dayOf('2026-03-05')).toMatchObject({ state: 'not_yet', reason: 'changed_since' })
  })

  test('ends when the shop moves to another time zone', async () => {
    const [shop] = await world.query('select tm_id from public.shops where id = $1', [world.shopId])
    await world.call('set_shop', [shop?.['tm_id'], { timezone: 'America/Los_Angeles' }])
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'timezone_changed' })
  })

  test('stands when only a name changes', async () => {
    await world.apply(laterBundle(5, ({ repair_order: ro }) => void (ro.customer_name = 'Other Name')))
    await settle()
    expect((await dayOf()).state).toBe('proven')
  })

  test('is suspended while its day waits to be computed', async () => {
    await world.call('mark_days_dirty', [world.shopId, DAY, DAY])
    expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'work_pending' })
    expect(await through()).toMatchObject({ through: null, why: { reason: 'work_pending' } })
    await settle()
    expect((await dayOf()).state).toBe('proven')
  })
})

test('a snapshot that changes while its day is compared does not leave it proven', async () => {
  const other = await world.connect()
  await other.query('begin')
  await world.apply(
    laterBundle(5, (bundle) => void (jobOf(bundle).discount = 600)),
    null,
    other,
  )
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false], other)
  await compare([AGREED])
  expect((await dayOf()).state).toBe('proven')
  await other.query('commit')
  expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'work_pending' })
  await settle()
  expect(await dayOf()).toMatchObject({ state: 'not_yet', reason: 'changed_since' })
})

describe('complete through', () => {
  const prove = (from: string, to: string, listedAt = '2026-03-20T12:00:00Z') =>
    compare(from <= DAY && to >= DAY ? [AGREED] : [], { from, to, listedAt })

  test('is nothing before the first reconcile', async () => {
    expect(await through()).toMatchObject({
      from: null,
      through: null,
      through_at: null,
      why: { reason: 'never' },
    })
  })

  test('is the end of the last proven day, in the shop’s calendar', async () => {
    await prove('2026-03-03', '2026-03-08')
    const answer = await through()
    expect(answer).toMatchObject({
      from: '2026-03-03',
      through: '2026-03-08',
      why: { date: '2026-03-09', reason: 'never' },
    })
    // Midnight of daylight saving time, which began that morning.
    expect(new Date(answer.through_at ?? '').toISOString()).toBe('2026-03-09T04:00:00.000Z')
  })

  test('reaches into a day that was not over only as far as its listing', async () => {
    await prove('2026-03-04', '2026-03-06', '2026-03-06T15:30:00Z')
    const answer = await through()
    expect(answer).toMatchObject({
      through: '2026-03-05',
      why: { date: '2026-03-06', reason: 'not_over_when_listed' },
    })
    expect(new Date(answer.through_at ?? '').toISOString()).toBe('2026-03-06T15:30:00.000Z')
  })

  test('stops at a day that differs, whatever was proven later', async () => {
    await prove('2026-03-03', '2026-03-08')
    await compare([{ ...AGREED, fees: 1 }])
    expect(await through()).toMatchObject({ through: '2026-03-03', why: { date: DAY, state: 'differs' } })
    await prove(DAY, DAY)
    expect(await through()).toMatchObject({ through: '2026-03-08' })
  })

  test('a gap begins a new chain, and closing it joins the two', async () => {
    await prove('2026-03-03', '2026-03-05')
    await prove('2026-03-07', '2026-03-08')
    expect(await through()).toMatchObject({ from: '2026-03-07', through: '2026-03-08' })
    await prove('2026-03-06', '2026-03-06')
    expect(await through()).toMatchObject({ from: '2026-03-03', through: '2026-03-08' })
  })
})

describe('an RO changed behind the write path', () => {
  test('is written again by its next read, although that says what was stored before', async () => {
    await world.query('update public.job_parts set total = total + 1 where shop_id = $1 and line_no = 1', [
      world.shopId,
    ])
    const later = { ...bundleWith(), fetched_at: '2026-03-05T02:30:00.000Z' }
    expect(await world.apply(later)).toMatchObject({ outcome: 'unchanged' })
    await compare([AGREED], { last: false })
    expect(await world.apply(later)).toMatchObject({ outcome: 'updated', snapshot_stale: true })
    expect(await world.call('check_warehouse', [world.shopId, DAY, DAY])).toEqual([])
  })

  test('keeps no labor cost that somebody changed', async () => {
    await world.query(
      'update public.job_labor set tech_hourly_cost = 9900, labor_cost = round(hours * 9900) where shop_id = $1 and line_no = 1',
      [world.shopId],
    )
    await compare([AGREED], { last: false })
    await world.apply({ ...bundleWith(), fetched_at: '2026-03-05T02:30:00.000Z' })
    expect(
      await world.query('select tech_hourly_cost from public.job_labor where shop_id = $1 and line_no = 1', [
        world.shopId,
      ]),
    ).toEqual([{ tech_hourly_cost: 3_200 }])
  })
})
