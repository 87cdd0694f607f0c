// From the number people say to TM's id: the warehouse knows most ROs, TM's own search the others.
import type { Services } from '../core/services.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'

/** @returns TM's id, or null when neither knows an RO of this number (or, with `orTmId`, of this id) in the shop */
export const findRepairOrder = async (
  { warehouse, tekmetric }: Services,
  {
    shop,
    number,
    orTmId = false,
  }: { readonly shop: Shop; readonly number: number; readonly orTmId?: boolean },
): Promise<number | null> => {
  const known = await warehouse.repairOrders.find({ shopId: shop.id, numberOrTmId: number })
  if (known !== null && (orTmId || known.roNumber === number)) return known.tmId
  const call = { shopTmId: shop.tmId, lane: 'interactive' } as const
  const found = await tekmetric.findByNumber({ ...call, roNumber: number })
  if (found !== null || !orTmId) return found
  const read = await tekmetric.readRepairOrder({ ...call, ro: number })
  return read.kind === 'found' ? number : null
}
