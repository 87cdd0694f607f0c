// An RO that TM no longer has: two passes delete it, one never does, and a found read brings it back.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417
let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const miss = (observedAt: string, runId: string | null = null) =>
  world.call<{ outcome: string }>('mark_repair_order_deleted', [world.shopId, RO, observedAt, runId])
const found = (fetchedAt: string) => world.apply(bundleWith((bundle) => void (bundle.fetched_at = fetchedAt)))
const newRun = async (): Promise<string> =>
  (await world.call<{ run_id: string }>('start_run', [world.shopId, 'repair-orders', 'cli', {}, null])).run_id

test('the first miss only remembers, the second deletes and marks the snapshot', async () => {
  await found('2026-03-05T02:00:00Z')
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  expect(await miss('2026-03-06T00:00:00Z')).toMatchObject({ outcome: 'first_miss' })
  expect(await world.ro()).toMatchObject({ status: 'POSTED', deleted_at: null, snapshot_stale: false })
  expect(await miss('2026-03-07T00:00:00Z')).toMatchObject({ outcome: 'deleted' })
  expect(await world.ro()).toMatchObject({
    status: 'DELETED',
    status_id: 7,
    posted_date: null,
    deleted_at: '2026-03-07 00:00:00+00',
    snapshot_stale: true,
  })
  expect(await miss('2026-03-08T00:00:00Z')).toMatchObject({ outcome: 'unchanged' })
  await world.call('refresh_ro_snapshot', [world.shopId, RO, false])
  expect(
    await world.query('select counted from public.ro_snapshots where shop_id = $1', [world.shopId]),
  ).toEqual([{ counted: false }])
})

test('the same look told twice is one pass', async () => {
  await found('2026-03-05T02:00:00Z')
  await miss('2026-03-06T00:00:00Z')
  expect(await miss('2026-03-06T00:00:00Z')).toMatchObject({ outcome: 'unchanged' })
  expect(await world.ro()).toMatchObject({ status: 'POSTED' })
})

test('two misses of one run are one pass', async () => {
  await found('2026-03-05T02:00:00Z')
  const run = await newRun()
  await miss('2026-03-06T00:00:00Z', run)
  expect(await miss('2026-03-06T00:00:09Z', run)).toMatchObject({ outcome: 'unchanged' })
  expect(await miss('2026-03-06T00:05:01Z', await newRun())).toMatchObject({ outcome: 'deleted' })
})

test('a second miss within five minutes is no second pass, whoever sees it', async () => {
  await found('2026-03-05T02:00:00Z')
  await miss('2026-03-06T00:00:00Z', await newRun())
  expect(await miss('2026-03-06T00:04:59Z', await newRun())).toMatchObject({ outcome: 'unchanged' })
  expect(await miss('2026-03-06T00:04:59.5Z')).toMatchObject({ outcome: 'unchanged' })
  expect(await world.ro()).toMatchObject({ status: 'POSTED' })
  expect(await miss('2026-03-06T00:05:00Z')).toMatchObject({ outcome: 'deleted' })
})

test('a found read between two misses starts the count anew, also when nothing changed', async () => {
  await found('2026-03-05T02:00:00Z')
  await miss('2026-03-06T00:00:00Z')
  expect(await found('2026-03-06T01:00:00Z')).toMatchObject({ outcome: 'unchanged' })
  expect(await miss('2026-03-07T00:00:00Z')).toMatchObject({ outcome: 'first_miss' })
})

test('a miss older than the stored read says nothing', async () => {
  await found('2026-03-05T02:00:00Z')
  expect(await miss('2026-03-05T01:00:00Z')).toMatchObject({ outcome: 'unchanged' })
  expect(await world.ro()).toMatchObject({ missing_since: null })
})

test('an RO found again after its deletion is alive, with the same content too', async () => {
  await found('2026-03-05T02:00:00Z')
  await miss('2026-03-06T00:00:00Z')
  await miss('2026-03-07T00:00:00Z')
  expect(await found('2026-03-08T00:00:00Z')).toMatchObject({ outcome: 'updated', snapshot_stale: true })
  expect(await world.ro()).toMatchObject({
    status: 'POSTED',
    deleted_at: null,
    missing_since: null,
    posted_date: '2026-03-04',
  })
})

test('a read begun before the deletion does not bring it back', async () => {
  await found('2026-03-05T02:00:00Z')
  await miss('2026-03-06T00:00:00Z')
  await miss('2026-03-07T00:00:00Z')
  expect(await found('2026-03-06T12:00:00Z')).toMatchObject({ outcome: 'stale' })
})

test('an RO the warehouse never had is unknown and settles its item', async () => {
  const run = await newRun()
  await world.call('record_run_items', [run, world.shopId, [{ ro: RO, outcome: 'pending' }]])
  expect(await miss(new Date().toISOString(), run)).toMatchObject({ outcome: 'unknown' })
  expect(await world.call('run_progress', [run])).toMatchObject({ skipped: 1, pending: 0 })
})
