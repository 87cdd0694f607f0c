// Backfills in the warehouse: windows newest first, a page planned once with the key of the next, ends that follow from
// the ROs, one open backfill per shop.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

interface Progress {
  readonly backfill_id: string
  readonly existing?: boolean
  readonly status: string
  readonly windows: Readonly<Record<string, number>>
  readonly ros: Readonly<Record<string, number>>
  readonly failures: readonly unknown[]
}
interface Claimed {
  readonly status: string
  readonly pending: number
  readonly window: {
    readonly position: number
    readonly from: string
    readonly to: string
    readonly run_id: string
    readonly pages: number
    readonly next_keys: string | null
  } | null
}

/** The RO of `bundleWith`, posted on 2026-03-04 in the shop's zone. */
const RO = 318_204_417
let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const open = (from = '2026-03-02', to = '2026-03-04', days = 1) =>
  world.call<Progress>('open_backfill', [world.shopId, from, to, days, 'cli', { ros: 3 }])
const claim = (id: string) => world.call<Claimed>('claim_backfill_window', [id])
const progress = (id: string) => world.call<Progress>('backfill_progress', [id])
interface Page {
  readonly position?: number
  readonly pages?: number
  readonly seen?: readonly number[]
  readonly next?: string | null
  readonly truncated?: boolean
}
const advance = (id: string, { position = 0, pages = 0, seen = [], next = null, truncated = false }: Page) =>
  world.call<{ advanced: boolean; asked: number[] }>('advance_backfill_window', [
    id,
    position,
    pages,
    seen.map((ro) => ({ ro, posted: '2026-03-05T01:12:09Z', updated: null })),
    next,
    next === null,
    truncated,
  ])
const failItem = (run: string, ro: number) =>
  world.call('fail_run_item', [world.shopId, ro, run, 'UPSTREAM_CHANGED: refused', {}])
const windowsOf = (id: string) =>
  world.query(
    `select from_date, to_date, status, pages, next_keys, listed from public.backfill_windows where backfill_id = $1
      order by position`,
    [id],
  )

describe('opening', () => {
  test.each([
    [1, ['2026-03-04 to 2026-03-04', '2026-03-03 to 2026-03-03', '2026-03-02 to 2026-03-02']],
    [2, ['2026-03-03 to 2026-03-04', '2026-03-02 to 2026-03-02']],
    [31, ['2026-03-02 to 2026-03-04']],
  ])(
    'cuts the range into windows of %i days, newest first, without gap or overlap',
    async (days, expected) => {
      const { backfill_id } = await open('2026-03-02', '2026-03-04', days)
      const windows = await windowsOf(backfill_id)
      expect(windows.map((w) => `${String(w['from_date'])} to ${String(w['to_date'])}`)).toEqual(expected)
    },
  )

  test('a shop has one open backfill: asking again gives it back, whatever the range', async () => {
    const first = await open()
    const again = await open('2025-01-01', '2025-12-31')
    expect([first.existing, again.existing]).toEqual([false, true])
    expect(again.backfill_id).toBe(first.backfill_id)
    await expect(
      world.query(
        `insert into public.backfills (shop_id, from_date, to_date, trigger) values ($1, '2026-01-01', '2026-01-02', 'cli')`,
        [world.shopId],
      ),
    ).rejects.toMatchObject({ code: '23505' })
  })

  test('refuses a range that ends before it begins, and an unknown shop', async () => {
    await expect(open('2026-03-04', '2026-03-02')).rejects.toMatchObject({ code: '23514' })
    await expect(
      world.call('open_backfill', [crypto.randomUUID(), '2026-03-02', '2026-03-04', 1, 'cli', {}]),
    ).rejects.toMatchObject({ code: '22023' })
  })
})

describe('a page', () => {
  test('plans its ROs and stores the next key at once; the window goes on there', async () => {
    const { backfill_id } = await open()
    const { window } = await claim(backfill_id)
    expect(window).toMatchObject({ position: 0, from: '2026-03-04', pages: 0, next_keys: null })
    expect(await advance(backfill_id, { seen: [1, 2, 3], next: 'key-1' })).toEqual({
      advanced: true,
      asked: [1, 2, 3],
    })
    const later = await claim(backfill_id)
    expect(later.pending).toBe(3)
    expect(later.window).toEqual({ ...window, pages: 1, next_keys: 'key-1' })
  })

  test('that two workers read is planned once', async () => {
    const { backfill_id } = await open()
    await claim(backfill_id)
    await advance(backfill_id, { seen: [1], next: 'key-1' })
    expect(await advance(backfill_id, { seen: [1], next: 'key-1' })).toEqual({ advanced: false, asked: [] })
    expect((await progress(backfill_id)).ros).toMatchObject({ listed: 1, pending: 1 })
  })

  test('skips what is stored as listed, and asks for what is stored and was not listed', async () => {
    const posted = bundleWith((b) => {
      b.repair_order.status = 'POSTED'
      b.repair_order.status_id = 5
      b.repair_order.posted_at = '2026-03-05T01:12:09Z'
    })
    await world.apply(posted)
    const listed = await open()
    await claim(listed.backfill_id)
    expect(await advance(listed.backfill_id, { seen: [RO, 7] })).toMatchObject({ asked: [7] })
    expect((await progress(listed.backfill_id)).ros).toMatchObject({ skipped: 1, pending: 1 })

    await world.startShop()
    await world.apply(posted)
    const unlisted = await open()
    await claim(unlisted.backfill_id)
    expect(await advance(unlisted.backfill_id, { seen: [7] })).toMatchObject({ asked: [7, RO] })

    await world.startShop()
    await world.apply(posted)
    const cutOff = await open()
    await claim(cutOff.backfill_id)
    expect(await advance(cutOff.backfill_id, { seen: [7], truncated: true })).toMatchObject({ asked: [7] })
  })
})

describe('the end', () => {
  test('of a window comes when all its ROs have settled, of the backfill with its last window', async () => {
    const { backfill_id } = await open('2026-03-03', '2026-03-04')
    const first = (await claim(backfill_id)).window!
    await advance(backfill_id, { seen: [RO] })
    const second = (await claim(backfill_id)).window!
    expect([first.position, second.position]).toEqual([0, 1])
    await advance(backfill_id, { position: 1 })
    expect(await claim(backfill_id)).toMatchObject({ status: 'open', pending: 1, window: null })
    await world.apply({ ...bundleWith(), fetched_at: new Date().toISOString() }, first.run_id)
    expect(await claim(backfill_id)).toEqual({ status: 'finished', pending: 0, window: null })
    expect(await progress(backfill_id)).toMatchObject({
      status: 'finished',
      windows: { total: 2, done: 2, with_failures: 0 },
      ros: { listed: 1, created: 1, pending: 0 },
    })
    for (const { run_id } of [first, second])
      expect(await world.call('run_progress', [run_id])).toMatchObject({ status: 'finished', backfill_id })
    expect((await open()).existing).toBe(false)
  })

  test('is reached with failed ROs, and the window stays visible as having failures', async () => {
    const { backfill_id } = await open('2026-03-04', '2026-03-04')
    const { run_id } = (await claim(backfill_id)).window!
    await advance(backfill_id, { seen: [8, 9] })
    await failItem(run_id, 8)
    expect(await progress(backfill_id)).toMatchObject({ status: 'open', windows: { with_failures: 1 } })
    await failItem(run_id, 9)
    await claim(backfill_id)
    const expected = {
      status: 'finished',
      windows: { done: 1, with_failures: 1 },
      ros: { failed: 2 },
    }
    expect(await progress(backfill_id)).toMatchObject({
      ...expected,
      failures: [
        { from: '2026-03-04', to: '2026-03-04', ro: 8, reason: 'UPSTREAM_CHANGED: refused' },
        { ro: 9 },
      ],
    })
    await world.query('delete from public.sync_log where id = $1', [run_id])
    expect(await progress(backfill_id), 'after its run was purged').toMatchObject(expected)
  })

  test('of a window that cannot be listed leaves the others alone; asking again begins it anew, other days do not', async () => {
    const { backfill_id } = await open()
    await claim(backfill_id)
    await advance(backfill_id, { seen: [1], next: 'key-1' })
    await world.call('fail_backfill_window', [backfill_id, 0, { reason: 'TM refuses our request (400)' }])
    expect((await claim(backfill_id)).window).toMatchObject({ position: 1 })
    expect(await progress(backfill_id)).toMatchObject({
      windows: { failed: 1, listing: 1, with_failures: 1 },
      failures: [{ to: '2026-03-04', ro: null, reason: 'TM refuses our request (400)' }],
    })
    await open('2025-01-01', '2025-12-31')
    expect(await progress(backfill_id)).toMatchObject({ windows: { failed: 1 } })
    await open()
    expect((await claim(backfill_id)).window).toMatchObject({ position: 0, pages: 0, next_keys: null })
    expect(await progress(backfill_id)).toMatchObject({ windows: { failed: 0 }, failures: [] })
  })
})

test('what is known of a range before: stored posted ROs of its days, and how many a day', async () => {
  const scope = (from: string, to: string) => world.call('backfill_scope', [world.shopId, from, to])
  expect(await scope('2026-03-01', '2026-03-31')).toEqual({ stored: 0, per_day: null })
  await world.apply(
    bundleWith((b) => {
      b.repair_order.status = 'POSTED'
      b.repair_order.status_id = 5
      b.repair_order.posted_at = new Date().toISOString()
    }),
  )
  const [today] = await world.query(
    'select posted_date as day from public.repair_orders where shop_id = $1',
    [world.shopId],
  )
  const day = String(today?.['day'])
  expect(await scope(day, day)).toEqual({ stored: 1, per_day: 1 })
})
