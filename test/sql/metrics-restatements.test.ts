// Restatements: what a change of a day that is already over leaves on record.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import type { RepairOrderSpec } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

const day = '2026-03-04'
const future = '2999-01-01'
let world: MetricsWorld
let first: RepairOrderSpec
let second: RepairOrderSpec

beforeAll(async () => {
  world = await createMetricsWorld()
})
beforeEach(async () => {
  ;({ first, second } = await openTwoOrderShop(world, day))
})
afterAll(() => world.close())

const putAndRefresh = async (spec: RepairOrderSpec) => {
  await world.put(spec)
  return world.refresh(spec.ro)
}

test('the first computation of a past day is no restatement', async () => {
  await putAndRefresh(first)
  expect(await world.refreshDay(day)).toMatchObject({ changed: true, restated: 0 })
  expect(await world.rows('metric_restatements')).toEqual([])
})

test('a change of a past day records each figure that moved, from what to what and because of which ROs', async () => {
  await putAndRefresh(first)
  await world.settle()
  await putAndRefresh(second)
  await putAndRefresh({ ...first, roFees: [1400] })
  const answer = await world.refreshDay(day)
  const rows = await world.rows('metric_restatements')
  expect(answer.restated).toBe(rows.length)
  const byMetric = new Map(rows.map((row) => [row['metric'], row]))
  expect(byMetric.get('ro_count')).toMatchObject({ old_value: 1, new_value: 2, ro_tm_ids: [1, 2] })
  expect(byMetric.get('fees_total')).toMatchObject({ old_value: 1000, new_value: 1400 })
  expect(byMetric.get('authorized_gp_percent')).toMatchObject({ old_value: 54.3, new_value: 60.58 })
  expect(byMetric.has('declined_revenue')).toBe(false)
  expect(byMetric.has('updated_at')).toBe(false)
})

test('a past day that empties restates to NULL, and filled again restates from NULL', async () => {
  await putAndRefresh(first)
  await world.settle()
  await putAndRefresh({ ...first, statusId: 2, posted: null })
  expect(await world.refreshDay(day)).toMatchObject({ row: null, deleted: true })
  await putAndRefresh(first)
  await world.refreshDay(day)
  const counts = (await world.rows('metric_restatements')).filter((row) => row['metric'] === 'ro_count')
  expect(counts).toMatchObject([
    { old_value: 1, new_value: null, ro_tm_ids: [1] },
    { old_value: null, new_value: 1, ro_tm_ids: [1] },
  ])
})

test('the shop’s today and later are never restated', async () => {
  await putAndRefresh({ ...first, posted: future })
  await world.settle()
  await putAndRefresh({ ...second, completed: future })
  expect(await world.refreshDay(future)).toMatchObject({ changed: true, restated: 0 })
})

test('which day is over is decided by the shop’s own clock', async () => {
  const offsets = { 'Pacific/Kiritimati': 14, 'Pacific/Pago_Pago': -11 }
  const restated: unknown[] = []
  for (const [zone, offset] of Object.entries(offsets))
    for (const daysAgo of [0, 1]) {
      await world.startShop(zone)
      const hours = offset - 24 * daysAgo
      const date = new Date(Date.now() + hours * 3_600_000).toISOString().slice(0, 10)
      await putAndRefresh({ ro: 1, statusId: 5, posted: date, jobs: [] })
      await world.settle()
      await putAndRefresh({ ro: 2, statusId: 5, posted: date, jobs: [] })
      restated.push([zone, daysAgo, (await world.refreshDay(date)).restated > 0])
    }
  expect(restated).toEqual([
    ['Pacific/Kiritimati', 0, false],
    ['Pacific/Kiritimati', 1, true],
    ['Pacific/Pago_Pago', 0, false],
    ['Pacific/Pago_Pago', 1, true],
  ])
})

/** A run of the current shop, as `started_at` and `finished_at` minutes before now; null: still open. */
const addRun = async (
  minutes: { started: number; finished: number | null },
  { kind = 'repair-orders', params = {} }: { kind?: string; params?: object } = {},
) => {
  const { rows } = await world.client.query<{ id: string }>(
    `insert into public.sync_log (shop_id, kind, trigger, params, status, started_at, finished_at)
     values ($1, $2, 'cli', $5, case when $4::int is null then 'syncing' else 'finished' end,
             now() - make_interval(mins => $3), now() - make_interval(mins => $4))
     returning id`,
    [world.shopId, kind, minutes.started, minutes.finished, params],
  )
  return rows[0]?.id ?? ''
}
/** The run of a backfill's window, as claim_backfill_window opens it. */
const addBackfillRun = () =>
  addRun({ started: 1, finished: null }, { params: { source: 'backfill', from: day, to: day } })
const addFirstRun = () => addRun({ started: 1, finished: null })
const addFinishedRun = () => addRun({ started: 10, finished: 9 })
const addLaterBackfillRun = async () => {
  await addFinishedRun()
  return addBackfillRun()
}
const broughtBy = (run: string) =>
  world.client.query('update public.repair_orders set last_run_id = $2 where shop_id = $1', [
    world.shopId,
    run,
  ])

test.each([
  ['the first run', addFirstRun],
  ['a backfill of a shop that is synced already', addLaterBackfillRun],
])(
  'the first fill of a past day by %s is no restatement, however often it is computed',
  async (_, addFillingRun) => {
    const run = await addFillingRun()
    await putAndRefresh(first)
    await broughtBy(run)
    await world.settle()
    await putAndRefresh(second)
    await broughtBy(run)
    expect(await world.refreshDay(day)).toMatchObject({ changed: true, restated: 0 })
  },
)

test.each(['repair-orders', 'reconcile'])(
  'an RO that a later %s run brings in restates its past day',
  async (kind) => {
    await addFinishedRun()
    const later = await addRun({ started: 1, finished: null }, { kind })
    await putAndRefresh(first)
    await world.settle()
    await putAndRefresh(second)
    await broughtBy(later)
    expect((await world.refreshDay(day)).restated).toBeGreaterThan(0)
  },
)

test('an RO that was there before the backfill began restates its past day', async () => {
  await putAndRefresh(first)
  await world.settle()
  await world.client.query(`update public.repair_orders set created_at = now() - interval '1 hour'`)
  const run = await addBackfillRun()
  await putAndRefresh({ ...first, roFees: [1400] })
  await broughtBy(run)
  expect((await world.refreshDay(day)).restated).toBeGreaterThan(0)
})
