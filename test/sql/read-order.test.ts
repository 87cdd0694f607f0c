// Reads of one RO that arrive out of order (G3): the newest stays, whoever comes last.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

describe('reads out of order (G3)', () => {
  const older = bundleWith()
  const newer = laterBundle(5, (bundle) => void (jobOf(bundle).name = 'Newer'))

  test('an older read never overwrites a newer one', async () => {
    await world.apply(newer)
    const before = await world.everything()
    expect(await world.apply(older)).toMatchObject({ outcome: 'stale' })
    expect(await world.everything()).toBe(before)
  })

  test('of two reads with one updatedDate the one begun later wins', async () => {
    const first = bundleWith((bundle) => void (bundle.fetched_at = '2026-03-05T02:00:01.000Z'))
    const second = bundleWith((bundle) => {
      bundle.fetched_at = '2026-03-05T02:00:02.000Z'
      jobOf(bundle).name = 'Second'
    })
    await world.apply(second)
    expect(await world.apply(first)).toMatchObject({ outcome: 'stale' })
  })

  test('a read older than one that found nothing new is refused too', async () => {
    await world.apply(bundleWith())
    await world.apply(bundleWith((bundle) => void (bundle.fetched_at = '2026-03-05T04:00:00.000Z')))
    const between = bundleWith((bundle) => {
      bundle.fetched_at = '2026-03-05T03:00:00.000Z'
      jobOf(bundle).name = 'Between'
    })
    expect(await world.apply(between)).toMatchObject({ outcome: 'stale' })
  })

  test('a newer updatedDate wins even when the reader clock was behind', async () => {
    await world.apply(bundleWith((bundle) => void (bundle.fetched_at = '2026-03-05T02:00:09.000Z')))
    expect(
      await world.apply(laterBundle(5, (bundle) => void (bundle.fetched_at = '2026-03-05T02:00:00.000Z'))),
    ).toMatchObject({ outcome: 'updated' })
  })

  test('a read without updatedDate is ordered by the reader clock', async () => {
    await world.apply(bundleWith())
    const without = bundleWith((bundle) => {
      bundle.repair_order.updated_date = null
      bundle.fetched_at = '2026-03-05T01:00:00.000Z'
    })
    expect(await world.apply(without)).toMatchObject({ outcome: 'stale' })
  })
})
