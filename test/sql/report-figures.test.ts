// The report's figures of stored ROs: a change makes the RO stale until it was read again, the first sight does not.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417
const POSTED = '2026-03-05T01:12:09.000Z'
let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const readAt = (fetched_at: string) =>
  world.apply({
    ...bundleWith((b) => {
      Object.assign(b.repair_order, { status: 'POSTED', status_id: 5, posted_at: POSTED })
    }),
    fetched_at,
  })
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()
const note = (figures: string | null, ro = RO) =>
  world.call('note_report_figures', [world.shopId, [{ ro, figures }]])
const stale = () =>
  world.call('stale_repair_orders', [world.shopId, [{ ro: RO, updated: null, posted: POSTED }]])

test('the first figures are taken as they are', async () => {
  await readAt(inSeconds(-60))
  expect(await note('100|200|0|0|300')).toEqual({ changed: 1 })
  expect(await note('100|200|0|0|300')).toEqual({ changed: 0 })
  expect(await stale()).toEqual([])
})

test('others than before make the RO stale, until a read that began later', async () => {
  await readAt(inSeconds(-60))
  await note('100|200|0|0|300')
  await note('100|250|0|0|350')
  expect(await stale()).toEqual([RO])
  await readAt(inSeconds(-30))
  expect(await stale(), 'a read that began before the change was seen').toEqual([RO])
  await readAt(inSeconds(5))
  expect(await stale()).toEqual([])
})

test('figures that go back to what they were are a change like any other', async () => {
  await readAt(inSeconds(-60))
  for (const figures of ['1', '2', '1']) await note(figures)
  expect(await stale()).toEqual([RO])
})

test('a row without figures, an RO that is not stored and another shop change nothing', async () => {
  await readAt(inSeconds(-60))
  await note('1')
  expect([await note(null), await note('1', 7)]).toEqual([{ changed: 0 }, { changed: 0 }])
  const shop = world.shopId
  await world.startShop()
  expect(await note('2')).toEqual({ changed: 0 })
  expect(
    await world.call('stale_repair_orders', [shop, [{ ro: RO, updated: null, posted: POSTED }]]),
  ).toEqual([])
})
