// What a listing of posted ROs must bring, taken from the simulator's own state.
import { DateTime } from 'luxon'
import type { Pipeline } from './pipeline.ts'

/** TM ids of the shop's ROs that stand posted in the shop-local days `from` … `to`, ascending. */
export const postedBetween = (
  { simulator }: Pick<Pipeline, 'simulator'>,
  { shop, from, to }: { readonly shop: number; readonly from: string; readonly to: string },
): number[] => {
  const { shops, repairOrders } = simulator.truth()
  const zone = shops.find(({ tmId }) => tmId === shop)?.timeZone ?? 'UTC'
  return repairOrders
    .filter(({ shopTmId, statusId }) => shopTmId === shop && (statusId === 5 || statusId === 6))
    .filter(({ postedDate }) => {
      const day = DateTime.fromISO(postedDate ?? '', { zone }).toISODate() ?? ''
      return day >= from && day <= to
    })
    .map(({ id }) => id)
    .toSorted((a, b) => a - b)
}

/** TM ids of the ROs that the warehouse holds, ascending. */
export const storedRepairOrders = async ({ query }: Pick<Pipeline, 'query'>): Promise<number[]> => {
  const rows = await query<{ ro: string }>('select tm_id as ro from repair_orders order by tm_id')
  return rows.map(({ ro }) => Number(ro))
}
