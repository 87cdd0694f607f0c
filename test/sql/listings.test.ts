// What has to be read again: listed ROs that differ, stored ROs that were not listed; and the cursor of a listing.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const UPDATED = '2026-03-05T01:12:10.000Z'
const POSTED = '2026-03-05T01:12:09.000Z'
const store = (tmId: number, header: object = {}): Promise<unknown> =>
  world.apply(
    bundleWith((bundle) => {
      Object.assign(bundle.repair_order, { tm_id: tmId, ...header })
      bundle.jobs = []
    }),
  )
const openRo = { status: 'WORKINPROGRESS', status_id: 2 }

describe('stale_repair_orders', () => {
  const stale = (...seen: readonly object[]) => world.call('stale_repair_orders', [world.shopId, seen])

  test('names what is not stored and what has another updatedDate, in the order listed', async () => {
    await store(1)
    await store(2)
    expect(
      await stale(
        { ro: 9, updated: UPDATED, posted: null },
        { ro: 1, updated: UPDATED, posted: null },
        { ro: 2, updated: '2026-03-05T01:12:11Z', posted: null },
      ),
    ).toEqual([9, 2])
  })

  test('takes an older updatedDate for a difference too: a board may lag, the read decides', async () => {
    await store(1)
    expect(await stale({ ro: 1, updated: '2026-03-01T00:00:00Z', posted: null })).toEqual([1])
  })

  test('names an RO that has to be read again because a job of it moved to another RO', async () => {
    await world.apply(bundleWith((bundle) => void (bundle.repair_order.tm_id = 1)))
    await world.apply(bundleWith((bundle) => void (bundle.repair_order.tm_id = 2)))
    const listed = [1, 2].map((ro) => ({ ro, updated: UPDATED, posted: null }))
    expect(await stale(...listed)).toEqual([1])
    await world.apply(laterBundle(0, (bundle) => ((bundle.repair_order.tm_id = 1), void (bundle.jobs = []))))
    expect(await stale(...listed)).toEqual([])
  })

  test('an RO that is deleted here and listed unchanged is not read for having been forgotten', async () => {
    await store(1)
    await world.call('delete_repair_order', [world.shopId, 1, {}, '2026-03-05T03:00:00Z', null])
    expect(await stale({ ro: 1, updated: UPDATED, posted: null })).toEqual([])
  })

  test('compares instants, not texts', async () => {
    await store(1)
    expect(await stale({ ro: 1, updated: '2026-03-04T20:12:10-05:00', posted: null })).toEqual([])
  })

  test('an instant that one route prints with more digits than another is no difference', async () => {
    await store(1, { updated_date: '2026-03-05T01:12:10.123Z' })
    await store(2, { updated_date: '2026-03-05T01:12:10.123456Z' })
    expect(await stale({ ro: 2, updated: '2026-03-05T01:12:10.123Z', posted: null })).toEqual([])
    expect(await stale({ ro: 1, updated: '2026-03-05T01:12:10.123400900Z', posted: null })).toEqual([])
    expect(await stale({ ro: 1, updated: '2026-03-05T01:12:10.124Z', posted: null })).toEqual([1])
  })

  test('a report row is stale when the stored RO is not posted or posted at another instant', async () => {
    await store(1)
    await store(2, openRo)
    await store(3, { posted_at: '2026-03-04T00:00:00Z' })
    const rows = [1, 2, 3].map((ro) => ({ ro, updated: null, posted: POSTED }))
    expect(await stale(...rows)).toEqual([2, 3])
  })

  test('a forced row is always stale, a double row is named once', async () => {
    await store(1)
    const row = { ro: 1, updated: UPDATED, posted: null }
    expect(await stale({ ...row, force: true }, row)).toEqual([1])
    expect(await stale()).toEqual([])
  })

  test("never looks into another shop's ROs", async () => {
    await store(1)
    await world.startShop()
    expect(await stale({ ro: 1, updated: UPDATED, posted: null })).toEqual([1])
  })
})

describe('unlisted_repair_orders', () => {
  const unlisted = (
    scope: string,
    seen: readonly number[],
    from: string | null = null,
    to: string | null = null,
    before = '2100-01-01T00:00:00Z',
  ) => world.call('unlisted_repair_orders', [world.shopId, scope, from, to, seen, before])
  const seenSet = (...ros: readonly number[]) => ros

  test('open: stored open ROs that were not shown', async () => {
    await store(1, openRo)
    await store(2, openRo)
    await store(3)
    await store(4, { status: 'DELETED', status_id: 7 })
    expect(await unlisted('open', seenSet(2))).toEqual([1])
  })

  test('open: those looked at lately are left alone, also when that look changed nothing', async () => {
    await store(1, openRo)
    expect(await unlisted('open', [], null, null, '2020-01-01T00:00:00Z')).toEqual([])
  })

  test('posted: ROs posted in the window that the report did not show', async () => {
    await store(1)
    await store(2)
    await store(3, { posted_at: '2026-03-09T12:00:00Z' })
    expect(await unlisted('posted', seenSet(1), '2026-03-04', '2026-03-04')).toEqual([2])
    expect(await unlisted('posted', [], '2026-03-05', '2026-03-09')).toEqual([3])
  })

  test('another scope, or posted without a window, is refused', async () => {
    await expect(unlisted('everything', [])).rejects.toMatchObject({ code: '22023' })
    await expect(unlisted('posted', [])).rejects.toMatchObject({ code: '22023' })
  })
})

describe('advance_cursor', () => {
  const advance = (expected: string | null, next: string) =>
    world.call('advance_cursor', [world.shopId, 'repair-orders', expected, next, { page: 1 }])

  test('moves from what the caller saw, and only from that', async () => {
    expect(await advance(null, '2026-03-01T00:00:00.123456Z')).toMatchObject({ advanced: true })
    expect(await advance('2026-02-01T00:00:00Z', '2026-04-01T00:00:00Z')).toMatchObject({ advanced: false })
    expect(await advance('2026-03-01T00:00:00.123456Z', '2026-03-02T00:00:00Z')).toMatchObject({
      advanced: true,
    })
    expect(await advance(null, '2026-05-01T00:00:00Z')).toMatchObject({
      advanced: false,
      cursor: '2026-03-02T00:00:00+00:00',
    })
  })

  test('never goes back', async () => {
    await advance(null, '2026-03-05T00:00:00Z')
    expect(await advance('2026-03-05T00:00:00Z', '2026-03-04T00:00:00Z')).toMatchObject({ advanced: false })
  })

  test('of two who saw the same, one moves it', async () => {
    await advance(null, '2026-03-05T00:00:00Z')
    const clients = [await world.connect(), await world.connect()]
    const moves = await Promise.all(
      clients.map((client, i) =>
        world.call<{ advanced: boolean }>(
          'advance_cursor',
          [world.shopId, 'repair-orders', '2026-03-05T00:00:00Z', `2026-03-0${6 + i}T00:00:00Z`, {}],
          client,
        ),
      ),
    )
    expect(moves.filter(({ advanced }) => advanced)).toHaveLength(1)
  })
})
