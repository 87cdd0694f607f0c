// From the number people say to TM's id: the warehouse knows most ROs, TM's own search the others.
import type { Services } from '../core/services.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'

export interface Numbered {
  readonly shop: Shop
  readonly number: number
  /** The number may be TM's id as well. */
  readonly orTmId?: boolean
}

/** @returns TM's id, or null when neither knows an RO of this number (or, with `orTmId`, of this id) in the shop */
export const findRepairOrder = async (services: Services, wanted: Numbered): Promise<number | null> =>
  (await findKnown(services, wanted)) ?? (await findAtTekmetric(services, wanted))

/** What the warehouse says, without a call to TM: of stored ROs and of those in quarantine. */
export const findKnown = async (
  { warehouse }: Pick<Services, 'warehouse'>,
  { shop, number, orTmId = false }: Numbered,
): Promise<number | null> => {
  const known = await warehouse.repairOrders.find({ shopId: shop.id, numberOrTmId: number })
  if (known !== null && (orTmId || known.roNumber === number)) return known.tmId
  return warehouse.quarantine.find({ shopId: shop.id, number })
}

/** What TM says; one call of the lane of people, with `orTmId` those of a read as well. */
export const findAtTekmetric = async (
  { tekmetric }: Pick<Services, 'tekmetric'>,
  { shop, number, orTmId = false }: Numbered,
): Promise<number | null> => {
  const call = { shopTmId: shop.tmId, lane: 'interactive' } as const
  const found = await tekmetric.findByNumber({ ...call, roNumber: number })
  if (found !== null || !orTmId) return found
  const read = await tekmetric.readRepairOrder({ ...call, ro: number })
  return read.kind === 'found' ? number : null
}
