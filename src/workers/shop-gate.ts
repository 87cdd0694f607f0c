// Pauses a shop whose token TM refuses: one alert, no attempts burnt, and it resumes by itself.
// A paused shop's queue jobs wait; now and then one of them is let through as a probe, and its success opens the gate.
import type { Logger } from '../core/logger.ts'
import type { Services } from '../core/services.ts'
import { CREDENTIAL_RECHECK_MS } from './settle.ts'

export interface ShopGate {
  /** How long a queue job of this shop must wait, in ms; 0 lets it run (perhaps as the probe). */
  waitMs(shopTmId: number): Promise<number>
  /** TM refused the shop's token. Logs one line when that is news. */
  refused(shopTmId: number, reason: string): Promise<void>
  /** TM accepted the shop's token. Logs one line when the shop was paused. */
  accepted(shopTmId: number): Promise<void>
}

export const createShopGate = (services: Services, log: Logger, now: () => number = Date.now): ShopGate => {
  const lastProbe = new Map<number, number>()
  const pausedShop = async (shopTmId: number) => {
    const shop = await services.shops.byTmId(shopTmId)
    return shop.pausedAt === null ? null : shop
  }
  return {
    waitMs: async (shopTmId) => {
      if ((await pausedShop(shopTmId)) === null) return 0
      const probed = lastProbe.get(shopTmId) ?? 0
      if (now() - probed < CREDENTIAL_RECHECK_MS) return CREDENTIAL_RECHECK_MS - (now() - probed)
      lastProbe.set(shopTmId, now())
      return 0
    },
    refused: async (shopTmId, reason) => {
      lastProbe.set(shopTmId, now())
      const shop = await services.shops.byTmId(shopTmId)
      const { changed } = await services.warehouse.shops.pause({ shopId: shop.id, reason })
      services.shops.forget()
      if (changed)
        log.error(
          { event: 'shop.paused', shop: shopTmId, reason },
          `TM refuses the token of shop ${shopTmId}: its sync is paused and resumes by itself once a token works`,
        )
    },
    accepted: async (shopTmId) => {
      const shop = await pausedShop(shopTmId)
      if (shop === null) return
      const { changed } = await services.warehouse.shops.resume({ shopId: shop.id })
      services.shops.forget()
      lastProbe.delete(shopTmId)
      if (changed)
        log.info({ event: 'shop.resumed', shop: shopTmId }, `the token of shop ${shopTmId} works again`)
    },
  }
}
