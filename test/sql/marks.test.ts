// Dirty marks as the outbox: who sets them, what the sweep sees, and that nothing marked is ever lost.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

interface Marks {
  readonly stale_ros: readonly { shop_tm_id: number; ro: number }[]
  readonly dirty_days: readonly { shop_tm_id: number; date: string }[]
  readonly pending_items: readonly { shop_tm_id: number; ro: number; run_id: string }[]
}

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.query('delete from public.dirty_days')
  await world.query('update public.repair_orders set snapshot_stale = false, stale_since = null')
  await world.query('delete from public.sync_log')
  for (const table of ['customers', 'vehicles'])
    await world.query(`update public.${table} set is_placeholder = false where is_placeholder`)
  await world.startShop()
})

const marks = (olderThanSeconds = 0, limit = 100) =>
  world.call<Marks>('dirty_marks', [olderThanSeconds, limit])
const backlog = (shop: string | null = null) => world.call('pipeline_backlog', [shop])
const store = (tmId: number) =>
  world.apply(
    bundleWith((bundle) => {
      bundle.repair_order.tm_id = tmId
      bundle.jobs = []
    }),
  )
const shopTmId = async (): Promise<unknown> =>
  (await world.query('select tm_id from public.shops where id = $1', [world.shopId]))[0]?.['tm_id']

test('an RO that qualifies stays on the list until its snapshot was built, then its day until it was computed', async () => {
  await store(1)
  expect((await marks()).stale_ros).toEqual([{ shop_tm_id: await shopTmId(), ro: 1 }])
  await world.call('refresh_ro_snapshot', [world.shopId, 1, false])
  expect(await marks()).toMatchObject({ stale_ros: [], dirty_days: [{ date: '2026-03-04' }] })
  await world.call('refresh_daily_metrics', [world.shopId, '2026-03-04'])
  expect(await marks()).toMatchObject({ stale_ros: [], dirty_days: [], pending_items: [] })
})

test('young marks are left to the ordinary way', async () => {
  await store(1)
  expect((await marks(60)).stale_ros).toEqual([])
  await world.query(
    "update public.repair_orders set stale_since = now() - interval '61 seconds' where snapshot_stale",
  )
  expect((await marks(60)).stale_ros).toHaveLength(1)
})

test('a second change keeps the age of the first mark', async () => {
  await store(1)
  await world.query(
    "update public.repair_orders set stale_since = now() - interval '1 hour' where snapshot_stale",
  )
  await world.apply(
    bundleWith((bundle) => {
      Object.assign(bundle.repair_order, {
        tm_id: 1,
        authorized_total: 1,
        updated_date: '2026-03-06T00:00:00Z',
      })
      bundle.jobs = []
    }),
  )
  expect((await marks(3_000)).stale_ros).toHaveLength(1)
})

test('the list is cut at the limit, oldest first', async () => {
  for (const ro of [1, 2, 3]) await store(ro)
  await world.query(
    'update public.repair_orders set stale_since = now() - make_interval(secs => tm_id::double precision * 10) where snapshot_stale',
  )
  expect((await marks(0, 2)).stale_ros.map(({ ro }) => ro)).toEqual([3, 2])
})

test('an RO that was planned and never enqueued is found', async () => {
  const { run_id } = await world.call<{ run_id: string }>('start_run', [
    world.shopId,
    'repair-orders',
    'cli',
    {},
    null,
  ])
  await world.call('record_run_items', [
    run_id,
    world.shopId,
    [
      { ro: 7, outcome: 'pending' },
      { ro: 8, outcome: 'skipped' },
    ],
  ])
  expect((await marks()).pending_items).toEqual([{ shop_tm_id: await shopTmId(), ro: 7, run_id }])
})

test('the backlog counts one shop or all', async () => {
  await store(1)
  const first = world.shopId
  await world.startShop()
  await store(2)
  expect(await backlog()).toMatchObject({ stale_ros: 2, dirty_days: 0, pending_items: 0, open_runs: 0 })
  expect(await backlog(first)).toMatchObject({ stale_ros: 1 })
})

test('an empty backlog says so', async () => {
  expect(await backlog()).toEqual({
    stale_ros: 0,
    dirty_days: 0,
    pending_items: 0,
    open_runs: 0,
    unknown_parties: 0,
    oldest_mark_at: null,
  })
})

test('a range of days can be marked for snapshots and for days, each with what it holds', async () => {
  await store(1)
  await world.call('refresh_ro_snapshot', [world.shopId, 1, false])
  await world.query('delete from public.dirty_days')
  expect(await world.call('mark_snapshots_stale', [world.shopId, '2026-03-01', '2026-03-03'])).toEqual([])
  expect(await world.call('mark_snapshots_stale', [world.shopId, '2026-03-04', '2026-03-04'])).toEqual([1])
  expect(await world.call('mark_days_dirty', [world.shopId, '2026-03-01', '2026-03-31'])).toEqual([
    '2026-03-04',
  ])
  expect(await backlog()).toMatchObject({ stale_ros: 1, dirty_days: 1 })
})

test('a day marked again never looks like the mark that was served before', async () => {
  const mark = async (): Promise<number> => {
    const [row] = await world.query(
      `insert into public.dirty_days (shop_id, metric_date) values ($1, '2026-03-04') returning generation`,
      [world.shopId],
    )
    return Number(row?.['generation'])
  }
  const first = await mark()
  await world.call('refresh_daily_metrics', [world.shopId, '2026-03-04'])
  expect(await mark()).toBeGreaterThan(first)
})

test('what is expired is purged, what is open or young stays', async () => {
  const start = async (): Promise<string> =>
    (await world.call<{ run_id: string }>('start_run', [world.shopId, 'employees', 'cli', {}, null])).run_id
  const [old, young, open] = [await start(), await start(), await start()]
  for (const run of [old, young]) await world.call('fail_run', [run, {}])
  await world.query("update public.sync_log set finished_at = now() - interval '31 days' where id = $1", [
    old,
  ])
  await world.query("update public.sync_log set started_at = now() - interval '90 days' where id = $1", [
    open,
  ])
  await world.query(
    "insert into public.tm_raw_payloads (shop_id, entity_type, payload, expires_at) values ($1, 'estimate', '{}', now() - interval '1 second'), ($1, 'estimate', '{}', default)",
    [world.shopId],
  )
  expect(await world.call('purge_expired', [])).toMatchObject({ raw_payloads: 1, sync_log: 1 })
  expect(await world.query('select 1 from public.sync_log')).toHaveLength(2)
})
