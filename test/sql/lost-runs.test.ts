// Runs whose queue job was lost: which are looked at, and that only those which still list are ended.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.query('delete from public.sync_log')
  await world.startShop()
})

const open = async (key: string | null = null, secondsAgo = 600): Promise<string> => {
  const args = [world.shopId, 'repair-orders', 'schedule', {}, key]
  const { run_id } = await world.call<{ run_id: string }>('start_run', args)
  await world.query(
    'update public.sync_log set started_at = now() - make_interval(secs => $2) where id = $1',
    [run_id, secondsAgo],
  )
  return run_id
}
const listing = async () =>
  (await world.call<{ run_id: string; request_key: string | null }[]>('listing_runs', [120])).map(
    ({ run_id }) => run_id,
  )
const failLost = async (ids: readonly string[]) =>
  (await world.query('select public.fail_lost_runs($1::uuid[]) as answer', [ids]))[0]?.['answer']
const statusOf = async (id: string) =>
  (await world.query('select status, error from public.sync_log where id = $1', [id]))[0]

test('a run that has listed for a while is looked at, a young one and a closed one are not', async () => {
  const old = await open('queue-job.7')
  await open(null, 60)
  const closed = await open()
  await world.call('close_listing', [closed, {}])
  expect(await world.call('listing_runs', [120])).toEqual([{ run_id: old, request_key: 'queue-job.7' }])
})

test('the run of a backfill window is left to the backfill', async () => {
  const { backfill_id } = await world.call<{ backfill_id: string }>('open_backfill', [
    world.shopId,
    '2026-03-04',
    '2026-03-04',
    1,
    'cli',
    {},
  ])
  await world.call('claim_backfill_window', [backfill_id])
  await world.query(`update public.sync_log set started_at = now() - interval '1 hour'`)
  expect(await listing()).toEqual([])
})

test('a lost run ends as failed, with why; one whose listing was closed meanwhile goes on', async () => {
  const [lost, closed] = [await open(), await open()]
  await world.call('record_run_items', [closed, world.shopId, [{ ro: 1, outcome: 'pending' }]])
  await world.call('close_listing', [closed, {}])
  expect(await failLost([lost, closed])).toEqual({ failed: 1 })
  expect(await statusOf(lost)).toMatchObject({
    status: 'failed',
    error: { code: 'RUN_LOST', class: 'transient' },
  })
  expect(await statusOf(closed)).toMatchObject({ status: 'syncing', error: null })
  expect(await failLost([lost])).toEqual({ failed: 0 })
})
