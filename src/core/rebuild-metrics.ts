// Rebuilds the days of a range beside live sync: from the snapshots as they are, or from lines, which rebuilds the
// snapshots first. Repeating it changes nothing. Every call is a short transaction of its own (a page of ROs, one day),
// so live work never waits longer than that; killed half-way it leaves dirty marks, which the sweep serves.
import { forEachOf } from './for-each-of.ts'
import type { ShopDays } from './warehouse/shapes.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

export interface RebuildOptions extends ShopDays {
  readonly warehouse: Warehouse
  readonly fromLines: boolean
}

export interface Rebuilt {
  /** ROs whose snapshots were looked at, and those of them that were written or withdrawn; 0 without `fromLines`. */
  readonly repairOrders: number
  readonly snapshotsChanged: number
  readonly days: number
  readonly daysChanged: number
  /** Figures of past days that moved (metric_restatements). */
  readonly restated: number
}

/** More calls at once than the database has cores gain little; live work needs its share. */
const CALLS_AT_ONCE = 4
/** One transaction, about a tenth of a second of locks on its ROs. */
const ROS_PER_CALL = 100

/** @throws whatever a call throws; what was done until then stands */
export const rebuildMetrics = async (options: RebuildOptions): Promise<Rebuilt> => {
  const { warehouse, shopId, from, to, fromLines } = options
  const snapshots = fromLines ? await rebuildSnapshots(options) : { ros: 0, changed: 0, affected: [] }
  const inRange = await warehouse.metrics.days({ shopId, from, to })
  // An RO that moved may also concern days outside of the range, and days that have become empty.
  const days = [...new Set([...inRange, ...snapshots.affected])].toSorted()
  const rebuilt = await rebuildDays(options, days)
  return { repairOrders: snapshots.ros, snapshotsChanged: snapshots.changed, days: days.length, ...rebuilt }
}

const rebuildSnapshots = async ({ warehouse, shopId, from, to }: RebuildOptions) => {
  const ros = await warehouse.metrics.repairOrders({ shopId, from, to })
  const affected: string[] = []
  let changed = 0
  const pages = Array.from({ length: Math.ceil(ros.length / ROS_PER_CALL) }, (_, page) =>
    ros.slice(page * ROS_PER_CALL, (page + 1) * ROS_PER_CALL),
  )
  await forEachOf(pages, CALLS_AT_ONCE, async (page) => {
    const done = await warehouse.metrics.refreshSnapshots({ shopId, ros: page })
    changed += done.changed
    affected.push(...done.affectedDates)
  })
  return { ros: ros.length, changed, affected }
}

const rebuildDays = async ({ warehouse, shopId }: RebuildOptions, days: readonly string[]) => {
  let [daysChanged, restated] = [0, 0]
  await forEachOf(days, CALLS_AT_ONCE, async (date) => {
    const day = await warehouse.metrics.refreshDay({ shopId, date })
    daysChanged += day.changed ? 1 : 0
    restated += day.restated
  })
  return { daysChanged, restated }
}
