// Which parts run for a shop: `shops.features`, an object of part → boolean, for a rollout shop by shop and part by part.
// A part that is not named is on. What is off does nothing by itself; what a person asks for by name is done all the same.
import type { Shop } from './warehouse/warehouse.ts'

export const PARTS = {
  discovery: 'listings of boards and of the posted report, and the sweeps over past weeks',
  lists: 'employees, customers and vehicles',
  backfill: 'backfills; an open one goes on when this is on again',
  webhook: "syncs that Tekmetric's webhook asks for",
  snapshots: 'snapshots of posted and completed ROs; what is stale meanwhile is built when this is on again',
  metrics: 'daily metrics; what is dirty meanwhile is computed when this is on again',
  reconcile: "the nightly comparison with Tekmetric's profit report",
} as const satisfies Record<string, string>

export type Part = keyof typeof PARTS
export const PART_NAMES = Object.keys(PARTS) as readonly Part[]

/** What has no meaning without others: days that are not computed cannot be compared. */
const NEEDS: Partial<Record<Part, readonly Part[]>> = { reconcile: ['snapshots', 'metrics'] }

/** The one reading of the flags; `shop_part_is_on` in SQL reads a single flag alike, for lists of marks. */
export const partIsOn = ({ features }: Pick<Shop, 'features'>, part: Part): boolean =>
  [part, ...(NEEDS[part] ?? [])].every((name) => features[name] !== false)
