// G11: deletions are the result of authoritative reads, too many at once wait for a person, and a person can take
// them back.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const READ = '2026-03-05T02:00:00Z'
const FIRST = '2026-03-06T00:00:00Z'
const SECOND = '2026-03-07T00:00:00Z'

/** RO `n` as TM would send it: posted, or an estimate without dates. */
const orderOf = (n: number, kind: 'posted' | 'estimate' = 'posted', statusId?: number) =>
  bundleWith((bundle) => {
    const ro = bundle.repair_order
    ro.tm_id = n
    ro.ro_number = n
    bundle.jobs.forEach((job, i) => (job.tm_id = n * 100 + i))
    if (kind === 'estimate')
      Object.assign(ro, { status: 'ESTIMATE', status_id: 1, posted_at: null, completed_at: null })
    if (statusId === 7)
      Object.assign(ro, {
        status: 'DELETED',
        status_id: 7,
        posted_at: null,
        deleted_at: '2026-03-06T09:00:00Z',
      })
    bundle.fetched_at = statusId === 7 ? SECOND : READ
    if (statusId === 7) ro.updated_date = '2026-03-06T09:00:00Z'
  })

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
const store = async (count: number, kind: 'posted' | 'estimate' = 'posted') => {
  for (const n of upTo(count)) await world.apply(orderOf(n, kind))
}
const missAt = (at: string, run: string | null) => async (n: number) =>
  await world.call<{ outcome: string; first: boolean }>('mark_repair_order_deleted', [
    world.shopId,
    n,
    at,
    run,
  ])
const newRun = async (): Promise<string> =>
  (await world.call<{ run_id: string }>('start_run', [world.shopId, 'repair-orders', 'cli', {}, null])).run_id
const inTurn = async <T>(ros: readonly number[], look: (n: number) => Promise<T>): Promise<T[]> => {
  const seen: T[] = []
  for (const n of ros) seen.push(await look(n))
  return seen
}
const deletedCount = async (): Promise<unknown> =>
  (
    await world.query(
      'select count(*)::int as count from public.repair_orders where shop_id = $1 and status_id = 7',
      [world.shopId],
    )
  )[0]?.['count']
/** Those of this shop among the ROs due for another look. */
const due = async (): Promise<number[]> => {
  const [shop] = await world.query('select tm_id from public.shops where id = $1', [world.shopId])
  const all = await world.call<{ shop_tm_id: number; ro: number }[]>('deletion_rechecks', [1_000])
  return all.filter(({ shop_tm_id }) => shop_tm_id === shop?.['tm_id']).map(({ ro }) => ro)
}
const list = (run: string | null = null) =>
  world.call<{ ro: number; state: string }[]>('list_deletions', [world.shopId, run])

describe('the brake', () => {
  test('five ROs of a small shop may go, each after its second pass', async () => {
    await store(10)
    await inTurn(upTo(5), missAt(FIRST, null))
    const second = await inTurn(upTo(5), missAt(SECOND, null))
    expect(second.map(({ outcome }) => outcome)).toEqual(Array(5).fill('deleted'))
  })

  test('when six are missing none is deleted: all are held, one of them alerts, the run is marked', async () => {
    await store(10)
    await inTurn(upTo(6), missAt(FIRST, await newRun()))
    const run = await newRun()
    const second = await inTurn(upTo(6), missAt(SECOND, run))
    expect(second.map(({ outcome }) => outcome)).toEqual(Array(6).fill('held'))
    expect(second.map(({ first }) => first)).toEqual([true, false, false, false, false, false])
    expect(await deletedCount()).toBe(0)
    expect(await world.call('run_progress', [run])).toMatchObject({ deletions_held: 6, deleted: 0 })
    expect((await list(run)).map(({ state }) => state)).toEqual(Array(6).fill('held'))
    // They are not asked about again and again.
    expect(await due()).toEqual([])
  })

  test('a large shop may lose two percent of its recent ROs, and not one more', async () => {
    await store(1)
    await world.query(
      `with ro as (
         insert into public.repair_orders (shop_id, tm_id, ro_number, status, status_id, updated_date, fetched_at)
         select $1, i, i, 'WORKINPROGRESS', 2, '2026-03-05Z', '2026-03-05Z' from generate_series(2, 400) i
         returning id, shop_id
       ) insert into public.repair_order_reads (repair_order_id, shop_id, fetched_at)
         select id, shop_id, '2026-03-05Z' from ro`,
      [world.shopId],
    )
    await inTurn(upTo(8), missAt(FIRST, null))
    const eight = await inTurn(upTo(8), missAt(SECOND, null))
    expect(eight.map(({ outcome }) => outcome)).toEqual(Array(8).fill('deleted'))
    await missAt(FIRST, null)(9)
    expect(await missAt(SECOND, null)(9)).toMatchObject({ outcome: 'held', first: true })
  })

  test('posted ROs that TM marks as deleted count, beyond five they are held with all they had', async () => {
    await store(10)
    const outcomes = await inTurn(upTo(7), async (n) => (await world.apply(orderOf(n, 'posted', 7))).outcome)
    expect(outcomes).toEqual([...Array(5).fill('deleted'), 'held', 'held'])
    expect(await world.ro(6)).toMatchObject({ status: 'POSTED', posted_date: '2026-03-04', deleted_at: null })
  })

  test('estimates that TM marks as deleted are everyday life: any number goes at once', async () => {
    await store(12, 'estimate')
    const outcomes = await inTurn(
      upTo(12),
      async (n) => (await world.apply(orderOf(n, 'estimate', 7))).outcome,
    )
    expect(new Set(outcomes)).toEqual(new Set(['deleted']))
  })

  test('another shop’s deletions do not count', async () => {
    await store(10)
    await inTurn(upTo(6), missAt(FIRST, null))
    await world.startShop()
    await store(3)
    await missAt(FIRST, null)(1)
    expect(await missAt(SECOND, null)(1)).toMatchObject({ outcome: 'deleted' })
  })
})

describe('a person', () => {
  const hold = async () => {
    await store(10)
    await inTurn(upTo(6), missAt(FIRST, null))
    await inTurn(upTo(6), missAt(SECOND, null))
  }

  test('confirms, and the next look at TM deletes', async () => {
    await hold()
    expect(await world.call('confirm_deletions', [world.shopId, null])).toEqual(upTo(6))
    expect(await deletedCount()).toBe(0)
    expect(await due()).toEqual(upTo(6))
    const third = await inTurn(upTo(6), missAt('2026-03-08T00:00:00Z', null))
    expect(third.map(({ outcome }) => outcome)).toEqual(Array(6).fill('deleted'))
    expect(await due()).toEqual([])
  })

  test('confirms, and an RO that TM shows after all stays', async () => {
    await hold()
    await world.call('confirm_deletions', [world.shopId, null])
    const found = orderOf(3)
    await world.apply({ ...found, fetched_at: '2026-03-08T00:00:00Z' })
    expect(await world.ro(3)).toMatchObject({ status: 'POSTED', missing_since: null })
    expect((await list()).find(({ ro }) => ro === 3)?.state).toBe('restored')
  })

  test('drops the question, and a further miss begins anew and asks again', async () => {
    await hold()
    expect(await world.call('undo_deletions', [world.shopId, null, null])).toEqual({
      dropped: upTo(6),
      restored: [],
    })
    expect(await world.ro(1)).toMatchObject({ status: 'POSTED', missing_since: null })
    expect(await missAt('2026-03-08T00:00:00Z', null)(1)).toMatchObject({ outcome: 'first_miss' })
    expect(await missAt('2026-03-09T00:00:00Z', null)(1)).toMatchObject({ outcome: 'held' })
  })

  test('brings back what a run deleted, to its status, its days and its snapshot', async () => {
    await store(10)
    await world.call('refresh_ro_snapshot', [world.shopId, 2, false])
    await inTurn([2, 3], missAt(FIRST, null))
    const run = await newRun()
    await inTurn([2, 3], missAt(SECOND, run))
    await world.call('refresh_ro_snapshot', [world.shopId, 2, false])
    expect(await world.call('undo_deletions', [world.shopId, run, null])).toEqual({
      dropped: [],
      restored: [2, 3],
    })
    expect(await world.ro(2)).toMatchObject({
      status: 'POSTED',
      status_id: 5,
      posted_date: '2026-03-04',
      deleted_at: null,
      snapshot_stale: true,
    })
    await world.call('refresh_ro_snapshot', [world.shopId, 2, false])
    const counted = 'select counted from public.ro_snapshots where shop_id = $1 and ro_tm_id = 2'
    expect(await world.query(counted, [world.shopId])).toEqual([{ counted: true }])
    // And the next found read has its say, whatever it says.
    expect(await world.apply({ ...orderOf(2), fetched_at: '2026-03-08T00:00:00Z' })).toMatchObject({
      outcome: 'updated',
    })
  })

  test('without a run or an RO brings back nothing that was deleted', async () => {
    await store(3)
    await missAt(FIRST, null)(1)
    await missAt(SECOND, null)(1)
    expect(await world.call('undo_deletions', [world.shopId, null, null])).toEqual({
      dropped: [],
      restored: [],
    })
    expect(await world.call('undo_deletions', [world.shopId, null, 1])).toEqual({
      dropped: [],
      restored: [1],
    })
  })
})

describe('status 7 without an estimate', () => {
  const byHeader = (n: number, updated: string | null, fetchedAt = SECOND) =>
    world.call('delete_repair_order', [
      world.shopId,
      n,
      { updated_date: updated, deleted_at: '2026-03-06T09:00:00Z' },
      fetchedAt,
      null,
    ])

  test('deletes at once; lines stay as last known, the snapshot goes', async () => {
    await store(1)
    await world.call('refresh_ro_snapshot', [world.shopId, 1, false])
    expect(await byHeader(1, '2026-03-06T09:00:00Z')).toEqual({ outcome: 'deleted', first: false })
    expect(await world.ro(1)).toMatchObject({
      status_id: 7,
      posted_date: null,
      deleted_at: '2026-03-06 09:00:00+00',
      updated_date: '2026-03-06 09:00:00+00',
      snapshot_stale: true,
    })
    expect(await world.query('select from public.job_parts where shop_id = $1', [world.shopId])).toHaveLength(
      2,
    )
    expect(await byHeader(1, '2026-03-06T09:00:00Z')).toMatchObject({ outcome: 'unchanged' })
  })

  test('an older header deletes nothing, an unknown RO is unknown', async () => {
    await store(1)
    expect(await byHeader(1, '2026-03-04T00:00:00Z')).toMatchObject({ outcome: 'stale' })
    expect(await byHeader(1, null, '2026-03-01T00:00:00Z')).toMatchObject({ outcome: 'stale' })
    expect(await world.ro(1)).toMatchObject({ status: 'POSTED' })
    expect(await byHeader(99, null)).toMatchObject({ outcome: 'unknown' })
  })
})

test('a missing RO is due for its second pass after five minutes, not before', async () => {
  await store(2)
  const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString()
  await missAt(ago(6), null)(1)
  await missAt(ago(4), null)(2)
  expect(await due()).toEqual([1])
})
