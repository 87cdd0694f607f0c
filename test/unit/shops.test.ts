// Which shops this process syncs: what the settings name and nobody has switched off.
import { expect, test } from 'vitest'
import { createShopDirectory } from '../../src/core/shops.ts'
import type { Shop } from '../../src/core/warehouse/warehouse.ts'

const shop = (tmId: number, syncEnabled: boolean) => ({ tmId, syncEnabled }) as Shop
const table = [shop(1, true), shop(2, false), shop(3, true)]
const warehouse = { shops: { list: () => Promise.resolve(table) } }
const synced = async (only: readonly number[] | null) =>
  (await createShopDirectory(warehouse, only).list()).map(({ tmId }) => tmId)

test('a shop that was switched off is not synced, whether the settings name it or not', async () => {
  expect(await synced(null)).toEqual([1, 3])
  expect(await synced([1, 2])).toEqual([1])
})

test('every shop of the table stays known', async () => {
  expect(await createShopDirectory(warehouse, [1]).all()).toHaveLength(3)
  expect(await createShopDirectory(warehouse, [1]).byTmId(2)).toMatchObject({ tmId: 2 })
})
