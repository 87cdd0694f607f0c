// What a shop's state and flags do to its queue jobs. A shop whose token TM refuses is paused: one alert, and no attempts or
// calls are burnt while it lasts. Its queue jobs wait; `check-credentials` tries the token and ends the pause. A queue job
// that succeeds does not end it: its answers may be older than the refusal.
import { partIsOn, type Part } from '../core/features.ts'
import type { Logger } from '../core/logger.ts'
import type { Services } from '../core/services.ts'
import { CREDENTIAL_RECHECK_MS } from './settle.ts'

export interface ShopGate {
  /** True while the part is switched off for the shop (`shops.features`): the one place where the flags are obeyed. */
  isOff(shopTmId: number, part: Part): Promise<boolean>
  /** How long a queue job of this shop must wait before it looks again, in ms; 0 lets it run. */
  waitMs(shopTmId: number): Promise<number>
  /** TM refused the shop's token. Logs one line when that is news. */
  refused(shopTmId: number, reason: string): Promise<void>
}

export const createShopGate = ({ shops, warehouse }: Services, log: Logger): ShopGate => ({
  isOff: async (shopTmId, part) => !partIsOn(await shops.byTmId(shopTmId), part),
  waitMs: async (shopTmId) => ((await shops.byTmId(shopTmId)).pausedAt === null ? 0 : CREDENTIAL_RECHECK_MS),
  refused: async (shopTmId, reason) => {
    const shop = await shops.byTmId(shopTmId)
    const { changed } = await warehouse.shops.pause({ shopId: shop.id, reason })
    shops.forget()
    if (changed)
      log.error(
        { event: 'shop.paused', shop: shopTmId, reason },
        `TM refuses the token of shop ${shopTmId}: its sync is paused and resumes by itself once a token works`,
      )
  },
})
