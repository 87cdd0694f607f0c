// Run accounting (G7): every RO of a run has one outcome, and the counts add up however often it was tried.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

interface Progress {
  readonly [count: string]: unknown
  readonly run_id: string
  readonly status: string
  readonly fetched: number
}

const RO = 318_204_417
let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const start = async (requestKey: string | null = null): Promise<string> =>
  (await world.call<{ run_id: string }>('start_run', [world.shopId, 'repair-orders', 'cli', {}, requestKey]))
    .run_id
const record = (run: string, ...ros: readonly number[]) =>
  world.call('record_run_items', [run, world.shopId, ros.map((ro) => ({ ro, outcome: 'pending' }))])
const close = (run: string) =>
  world.call<Progress>('close_listing', [run, { pages: 1, seen: 1, truncated: false }])
const progress = (run: string) => world.call<Progress>('run_progress', [run])
/** A read that begins now, so that it settles what was asked for before. */
const freshly = (bundle: ReturnType<typeof bundleWith>) => ({
  ...bundle,
  fetched_at: new Date().toISOString(),
})
const outcomes = [
  'created',
  'updated',
  'unchanged',
  'stale',
  'deleted',
  'skipped',
  'failed',
  'pending',
] as const
const sum = (run: Progress): number => outcomes.reduce((total, name) => total + Number(run[name]), 0)

describe('opening', () => {
  test('the same request key returns the same run', async () => {
    const key = `job-${world.shopId}`
    const first = await world.call<{ run_id: string }>('start_run', [
      world.shopId,
      'repair-orders',
      'schedule',
      {},
      key,
    ])
    const again = await world.call('start_run', [world.shopId, 'repair-orders', 'schedule', {}, key])
    expect(first).toMatchObject({ existing: false })
    expect(again).toEqual({ run_id: first.run_id, existing: true })
  })

  test('runs without a key are runs of their own', async () => {
    expect(await start()).not.toBe(await start())
  })

  test('an unknown shop or run is refused with 22023', async () => {
    const nobody = '00000000-0000-4000-8000-000000000000'
    await expect(world.call('start_run', [nobody, 'employees', 'cli', {}, null])).rejects.toMatchObject({
      code: '22023',
    })
    await expect(progress(nobody)).rejects.toMatchObject({ code: '22023' })
  })
})

describe('items', () => {
  test('recorded twice count once', async () => {
    const run = await start()
    expect(await record(run, 1, 2)).toEqual({ pending: 2, skipped: 0 })
    expect(await record(run, 2, 3)).toEqual({ pending: 1, skipped: 0 })
    expect(await progress(run)).toMatchObject({ fetched: 3, pending: 3 })
  })

  test('a skipped RO is settled at once', async () => {
    const run = await start()
    await world.call('record_run_items', [run, world.shopId, [{ ro: 1, outcome: 'skipped' }]])
    expect(await progress(run)).toMatchObject({ fetched: 1, skipped: 1, pending: 0 })
  })

  test('an RO synced three times by retries counts once, with its first outcome', async () => {
    const run = await start()
    await record(run, RO)
    const bundle = freshly(bundleWith())
    await world.apply(bundle, run)
    await world.apply(bundle, run)
    await world.apply(bundle, run)
    expect(await progress(run)).toMatchObject({ fetched: 1, created: 1, unchanged: 0 })
  })

  test('one read settles every run that asked before it began', async () => {
    const [first, second] = [await start(), await start()]
    await record(first, RO)
    await record(second, RO)
    await world.apply(freshly(bundleWith()), first)
    expect(await progress(second)).toMatchObject({ created: 1, pending: 0 })
  })

  test('a read that began before the request leaves it waiting', async () => {
    const run = await start()
    await record(run, RO)
    await world.apply(bundleWith(), null)
    expect(await progress(run)).toMatchObject({ created: 0, pending: 1 })
  })

  test.each([
    ['an hour ahead', 3_600_000],
    ['an hour behind', -3_600_000],
  ])('a read that tells its age settles what was asked for before it, by a clock %s', async (_, wrong) => {
    const fetched_at = new Date(Date.now() + wrong).toISOString()
    const run = await start()
    await record(run, RO)
    const read = { ...bundleWith(), shop_id: world.shopId, run_id: null, fetched_at }
    await world.call('apply_repair_order', [{ ...read, read_age_ms: 1_000 }])
    expect(await progress(run)).toMatchObject({ pending: 1 })
    await world.call('apply_repair_order', [{ ...read, read_age_ms: 0 }])
    expect(await progress(run)).toMatchObject({ unchanged: 1, pending: 0 })
  })

  test('an RO the run never listed gets its item when it is synced', async () => {
    const run = await start()
    await world.apply(bundleWith(), run)
    expect(await progress(run)).toMatchObject({ fetched: 1, created: 1 })
  })

  test('a run that was purged does not stop an RO from being written', async () => {
    expect(await world.apply(bundleWith(), '00000000-0000-4000-8000-000000000000')).toMatchObject({
      outcome: 'created',
    })
  })
})

describe('failures', () => {
  test('told by an older release settle every pending item of the RO in all runs', async () => {
    const [first, second] = [await start(), await start()]
    await record(first, RO)
    await record(second, RO, 5)
    expect(
      await world.call('fail_run_item', [
        world.shopId,
        RO,
        first,
        'estimate did not parse',
        { path: 'jobs.0.id' },
      ]),
    ).toEqual({ settled: 2 })
    expect(await progress(second)).toMatchObject({
      failed: 1,
      pending: 1,
      failures: [{ ro: RO, reason: 'estimate did not parse' }],
    })
  })

  test('leave what was asked for after the read began, but never the item of their own run', async () => {
    const [before, own, after] = [await start(), await start(), await start()]
    await record(before, RO)
    await record(own, RO)
    await record(after, RO)
    const requested = `update public.sync_run_items set requested_at = now() - $2 * interval '1 second' where run_id = $1`
    await world.query(requested, [before, 10])
    await world.query(requested, [own, 3])
    await world.query(requested, [after, 3])
    const failed = ['x', {}, 5_000]
    expect(await world.call('fail_run_item', [world.shopId, RO, own, ...failed])).toEqual({ settled: 2 })
    expect(await progress(before)).toMatchObject({ failed: 1, pending: 0 })
    expect(await progress(own)).toMatchObject({ failed: 1, pending: 0 })
    expect(await progress(after)).toMatchObject({ failed: 0, pending: 1 })
    expect(await world.call('fail_run_item', [world.shopId, RO, null, ...failed])).toEqual({ settled: 0 })
    await world.apply(freshly(bundleWith()), null)
    expect(await progress(after)).toMatchObject({ created: 1, pending: 0 })
  })

  test('for good end what was asked for before the last read began', async () => {
    const run = await start()
    await record(run, RO)
    expect(await world.call('fail_run_item', [world.shopId, RO, null, 'x', {}, 0])).toEqual({ settled: 1 })
    expect(await progress(run)).toMatchObject({ failed: 1, pending: 0 })
  })

  test('do not undo an RO that was synced', async () => {
    const run = await start()
    await record(run, RO)
    await world.apply(freshly(bundleWith()), run)
    expect(await world.call('fail_run_item', [world.shopId, RO, run, 'too late', {}])).toEqual({ settled: 0 })
    expect(await progress(run)).toMatchObject({ created: 1, failed: 0 })
  })

  test('that are retried with success repair the counts of a finished run', async () => {
    const run = await start()
    await record(run, RO)
    await close(run)
    await world.call('fail_run_item', [world.shopId, RO, run, 'x', {}])
    expect(await world.call('finish_run', [run])).toMatchObject({ status: 'finished', failed: 1 })
    await world.apply(freshly(bundleWith()), run)
    expect(await progress(run)).toMatchObject({ status: 'finished', failed: 0, created: 1, fetched: 1 })
    expect(
      await world.query('select created, failed, fetched from public.sync_log where id = $1', [run]),
    ).toEqual([{ created: 1, failed: 0, fetched: 1 }])
  })
})

describe('closing', () => {
  test('a run finishes only when its listing is closed and nothing is pending', async () => {
    const run = await start()
    await record(run, RO)
    expect(await world.call('finish_run', [run])).toMatchObject({ status: 'listing' })
    expect(await close(run)).toMatchObject({ status: 'syncing' })
    expect(await world.call('finish_run', [run])).toMatchObject({ status: 'syncing' })
    await world.apply(freshly(bundleWith()), run)
    const finished = await world.call<Progress>('finish_run', [run])
    expect(finished).toMatchObject({ status: 'finished', created: 1, fetched: 1 })
    expect(await world.call('finish_run', [run])).toEqual(finished)
  })

  test('runs whose last call was lost are finished by the sweep, with counts', async () => {
    const run = await start()
    await record(run, RO)
    await close(run)
    await world.apply(freshly(bundleWith()), null)
    expect(await world.call('finish_open_runs', [])).toEqual({ finished: 1 })
    expect(await world.query('select status, created from public.sync_log where id = $1', [run])).toEqual([
      { status: 'finished', created: 1 },
    ])
    expect(await world.call('finish_open_runs', [])).toEqual({ finished: 0 })
  })

  test('a failed run stays failed and keeps its error', async () => {
    const run = await start()
    expect(await world.call('fail_run', [run, { reason: 'page 3 failed' }])).toMatchObject({
      status: 'failed',
      error: { reason: 'page 3 failed' },
    })
    expect(await close(run)).toMatchObject({ status: 'failed' })
    expect(await world.call('finish_run', [run])).toMatchObject({ status: 'failed' })
  })

  test('ROs of a failed run go on, and its stored counts with them', async () => {
    const run = await start()
    await record(run, RO, 5, 6)
    await world.call('fail_run', [run, { reason: 'page 3 failed' }])
    const stored = async () =>
      (
        await world.query('select fetched, created, failed, status from public.sync_log where id = $1', [run])
      )[0]
    await world.apply(freshly(bundleWith()), run)
    expect(await stored()).toEqual({ fetched: 3, created: 1, failed: 0, status: 'failed' })
    await world.call('fail_run_item', [world.shopId, 5, null, 'x', {}])
    expect(await stored()).toEqual({ fetched: 3, created: 1, failed: 1, status: 'failed' })
  })

  test('a run that writes a list as a whole takes its counts from the listing', async () => {
    const run = await start()
    await world.call('close_listing', [run, { seen: 5, created: 2, updated: 1, unchanged: 2 }])
    expect(await world.call('finish_run', [run])).toMatchObject({
      status: 'finished',
      fetched: 5,
      created: 2,
      updated: 1,
      unchanged: 2,
    })
  })

  test('whatever happens, fetched is the sum of the outcomes', async () => {
    const run = await start()
    await record(run, RO, 1, 2, 3)
    await world.call('record_run_items', [run, world.shopId, [{ ro: 9, outcome: 'skipped' }]])
    expect(sum(await progress(run))).toBe(5)
    await world.apply(freshly(bundleWith()), run)
    await world.apply(freshly(laterBundle(1, (bundle) => void (jobOf(bundle).name = 'x'))), run)
    await world.call('fail_run_item', [world.shopId, 1, run, 'x', {}])
    await world.call('mark_repair_order_deleted', [world.shopId, 2, new Date().toISOString(), run])
    const now = await progress(run)
    expect(sum(now)).toBe(now.fetched)
    expect(now).toMatchObject({ fetched: 5, created: 1, failed: 1, skipped: 2, pending: 1 })
  })
})
