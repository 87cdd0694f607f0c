// The shops this process knows: TM's number → our row, read from the warehouse and kept for a short while,
// because every queue job needs the id and the time zone and almost none of them changes.
import { UsageError } from './errors.ts'
import type { Shop, Warehouse } from './warehouse/warehouse.ts'

/** Long enough to cost nothing, short enough that a changed time zone or pause is seen before a person wonders. */
const KEEP_MS = 15_000

export interface ShopDirectory {
  /** @throws UsageError naming the shop and the known ones when the warehouse has no such shop */
  byTmId(tmId: number): Promise<Shop>
  /** The shops to sync: `sync_enabled`, and named by the settings if those name any. */
  list(): Promise<readonly Shop[]>
  /** Every shop of the table. */
  all(): Promise<readonly Shop[]>
  /** Forgets what was read; the next question asks the warehouse. */
  forget(): void
}

/** @param only TM numbers to restrict `list()` to (TM_SHOP_ID); null means every shop of the table */
export const createShopDirectory = (
  warehouse: { readonly shops: Pick<Warehouse['shops'], 'list'> },
  only: readonly number[] | null = null,
  now: () => number = Date.now,
): ShopDirectory => {
  let read: { at: number; shops: Promise<readonly Shop[]> } | undefined
  const all = (): Promise<readonly Shop[]> => {
    if (read === undefined || now() - read.at > KEEP_MS) {
      const shops = warehouse.shops.list()
      read = { at: now(), shops }
      // A failed read must not be remembered.
      shops.catch(() => (read = undefined))
    }
    return read.shops
  }
  return {
    byTmId: async (tmId) => {
      let shops = await all()
      if (!shops.some((s) => s.tmId === tmId)) {
        // Perhaps another process added it a moment ago.
        read = undefined
        shops = await all()
      }
      const shop = shops.find((s) => s.tmId === tmId)
      if (shop) return shop
      const known = shops.map((s) => s.tmId).join(', ') || 'none'
      throw new UsageError(
        `There is no shop ${tmId} in the warehouse (known: ${known}). Add it with: warehouse shops add`,
      )
    },
    list: async () => (await all()).filter((s) => s.syncEnabled && (only === null || only.includes(s.tmId))),
    all,
    forget: () => (read = undefined),
  }
}
