// Asks for snapshots and days of a window to be built again. They are marked in the warehouse first, so nothing is lost
// between the two.
import type { Shop } from '../core/warehouse/warehouse.ts'
import { buildSnapshot } from '../workers/jobs/build-snapshot.ts'
import { rebuildDay } from '../workers/jobs/rebuild-day.ts'
import type { Producer } from './producer.ts'
import type { Window } from './window.ts'

interface Request {
  readonly shop: Shop
  readonly window: Window
}

/** @returns how many ROs were posted or completed in the window: each gets its snapshots built */
export const requestSnapshots = async (
  { services, queueJobs }: Producer,
  { shop, window }: Request,
): Promise<{ repairOrders: number }> => {
  const ros = await services.warehouse.repairOrders.markSnapshotsStale({ shopId: shop.id, ...window })
  await queueJobs.addMany(
    buildSnapshot,
    ros.map((ro) => ({ shop: shop.tmId, ro })),
  )
  return { repairOrders: ros.length }
}

/** @returns the days of the window that have or had ROs: each is recomputed */
export const requestDays = async (
  { services, queueJobs }: Producer,
  { shop, window }: Request,
): Promise<{ days: string[] }> => {
  const days = await services.warehouse.metrics.markDaysDirty({ shopId: shop.id, ...window })
  await queueJobs.addMany(
    rebuildDay,
    days.map((date) => ({ shop: shop.tmId, date })),
  )
  return { days }
}
