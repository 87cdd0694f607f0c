// Shops: list, create, change, pause, and the TM token of a shop.
import { z } from 'zod'
import { UsageError } from '../errors.ts'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Count, Instant } from './shapes.ts'

const ShopRow = z.object({
  id: z.uuid(),
  tm_id: z.int(),
  name: z.string(),
  timezone: z.string(),
  sync_enabled: z.boolean(),
  features: z.record(z.string(), z.unknown()),
  paused_at: Instant.nullable(),
  pause_reason: z.string().nullable(),
})

export interface Shop {
  readonly id: string
  /** TM's shop number. */
  readonly tmId: number
  readonly name: string
  /** IANA zone; all shop-local dates are in it. */
  readonly timezone: string
  readonly syncEnabled: boolean
  readonly features: Readonly<Record<string, unknown>>
  readonly pausedAt: string | null
  readonly pauseReason: string | null
}

const toShop = (row: z.output<typeof ShopRow>): Shop => ({
  id: row.id,
  tmId: row.tm_id,
  name: row.name,
  timezone: row.timezone,
  syncEnabled: row.sync_enabled,
  features: row.features,
  pausedAt: row.paused_at,
  pauseReason: row.pause_reason,
})

/** Settings of a shop that may be changed; absent means unchanged. */
export interface ShopPatch {
  readonly name?: string
  readonly timezone?: string
  /** Cents per hour. */
  readonly defaultLaborRate?: number | null
  /** Percent. */
  readonly partsMargin?: number | null
  /** Ratio: 0.065 is 6.5 %. */
  readonly taxRate?: number | null
  /** Cents per hour. */
  readonly defaultTechHourlyCost?: number
  readonly syncEnabled?: boolean
  readonly features?: Readonly<Record<string, unknown>>
  readonly tmMetadata?: Readonly<Record<string, unknown>>
}

const PATCH_COLUMNS = {
  name: 'name',
  timezone: 'timezone',
  defaultLaborRate: 'default_labor_rate',
  partsMargin: 'parts_margin',
  taxRate: 'tax_rate',
  defaultTechHourlyCost: 'default_tech_hourly_cost',
  syncEnabled: 'sync_enabled',
  features: 'features',
  tmMetadata: 'tm_metadata',
} as const satisfies Record<keyof ShopPatch, string>

const PAGE = 1_000
const Changed = z.object({ changed: z.boolean() })

export const shopCalls = (api: WarehouseApi) => ({
  /** Every shop, by TM number. Read in pages, since a select is cut at 1,000 rows. */
  list: async (): Promise<Shop[]> => {
    const shops: Shop[] = []
    for (;;) {
      const after = shops.at(-1)?.tmId ?? 0
      const rows = await readRows(
        api,
        'shops',
        (client, signal) =>
          client
            .from('shops')
            .select('id,tm_id,name,timezone,sync_enabled,features,paused_at,pause_reason')
            .gt('tm_id', after)
            .order('tm_id')
            .limit(PAGE)
            .retry(false)
            .abortSignal(signal),
        z.array(ShopRow),
      )
      shops.push(...rows.map(toShop))
      if (rows.length < PAGE) return shops
    }
  },

  /** The shop with this TM number, created when unknown (zone America/New_York when none is given). */
  ensure: async (shop: { tmId: number; name: string; timezone?: string }) => {
    const { shop_id, created } = await callRpc(
      api,
      'ensure_shop',
      { p_tm_id: shop.tmId, p_name: shop.name, p_timezone: shop.timezone ?? null },
      z.object({ shop_id: z.uuid(), created: z.boolean() }),
    )
    return { shopId: shop_id, created }
  },

  /**
   * Changes settings. A new time zone derives all shop-local dates again and marks the ROs whose day moved.
   * @throws UsageError for an empty patch; DatabaseRejected (data) for an unknown shop or zone
   */
  set: async ({ tmId, patch }: { tmId: number; patch: ShopPatch }) => {
    const columns = Object.entries(patch).map(([name, value]) => [
      PATCH_COLUMNS[name as keyof ShopPatch],
      value,
    ])
    if (columns.length === 0) throw new UsageError('nothing to change was given')
    const row = await callRpc(
      api,
      'set_shop',
      { p_tm_id: tmId, p_patch: Object.fromEntries(columns) },
      ShopRow.extend({ moved_repair_orders: Count }),
    )
    return { ...toShop(row), movedRepairOrders: row.moved_repair_orders }
  },

  /** Stops the shop's queue work; `changed` only the first time, so that there is one alert. */
  pause: ({ shopId, reason }: { shopId: string; reason: string }) =>
    callRpc(api, 'pause_shop', { p_shop_id: shopId, p_reason: reason }, Changed),

  resume: ({ shopId }: { shopId: string }) => callRpc(api, 'resume_shop', { p_shop_id: shopId }, Changed),
})
