// Rebuilds the days of a range beside live sync: from the snapshots as they are, or from lines, which rebuilds the
// snapshots first. Repeating it changes nothing. Every call is a short transaction of its own (a page of ROs, one day),
// so live work never waits longer than that; killed half-way it leaves dirty marks, which the sweep serves.
import type { DayRange } from './warehouse/metrics.ts'
import type { Warehouse } from './warehouse/warehouse.ts'

export interface RebuildOptions extends DayRange {
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

/** A day costs a round trip and a few milliseconds of the database; more at once than it has cores gains nothing. */
const DAYS_AT_ONCE = 4

/** @throws whatever a call throws; what was done until then stands */
export const rebuildMetrics = async (options: RebuildOptions): Promise<Rebuilt> => {
  const { warehouse, shopId, from, to, fromLines } = options
  const snapshots = fromLines
    ? await rebuildSnapshots(options)
    : { repairOrders: 0, snapshotsChanged: 0, affected: [] }
  const inRange = await warehouse.metrics.days({ shopId, from, to })
  // An RO that moved may also concern days outside of the range, and days that have become empty.
  const days = [...new Set([...inRange, ...snapshots.affected])].toSorted()
  const rebuilt = await rebuildDays(options, days)
  const { repairOrders, snapshotsChanged } = snapshots
  return { repairOrders, snapshotsChanged, days: days.length, ...rebuilt }
}

const rebuildSnapshots = async ({ warehouse, shopId, from, to }: RebuildOptions) => {
  const affected: string[] = []
  let [repairOrders, snapshotsChanged] = [0, 0]
  let after: number | null = 0
  while (after !== null) {
    const page = await warehouse.metrics.rebuildSnapshots({ shopId, from, to, after })
    repairOrders += page.repairOrders
    snapshotsChanged += page.changed
    affected.push(...page.affectedDates)
    after = page.next
  }
  return { repairOrders, snapshotsChanged, affected }
}

const rebuildDays = async ({ warehouse, shopId }: RebuildOptions, days: readonly string[]) => {
  const waiting = [...days]
  let [daysChanged, restated] = [0, 0]
  const work = async (): Promise<void> => {
    for (let date = waiting.shift(); date !== undefined; date = waiting.shift()) {
      const day = await warehouse.metrics.refreshDay({ shopId, date })
      daysChanged += day.changed ? 1 : 0
      restated += day.restated
    }
  }
  await Promise.all(Array.from({ length: DAYS_AT_ONCE }, work))
  return { daysChanged, restated }
}
