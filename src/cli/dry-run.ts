// `resync --dry-run`: reads one RO from TM and shows what storing it would change, in rows and in metrics.
import type { FoundRepairOrder } from '../core/tekmetric/client.ts'
import { normalizeRepairOrder } from '../core/tekmetric/normalize.ts'
import { diffPictures, diffRows, type ColumnChange, type RowChange } from '../core/warehouse/picture-diff.ts'
import type { Services } from '../core/services.ts'
import { checkFields } from '../workers/drift.ts'
import { print, printJson, shown } from './output.ts'

export interface DryRun {
  readonly ro: number
  /** Of `apply_repair_order`; `missing` and `deleted-by-header` when TM has no full answer. */
  readonly outcome: string
  readonly rows: readonly RowChange[]
  readonly days: readonly { readonly date: string; readonly columns: readonly ColumnChange[] }[]
}

/** Writes nothing, not even that a field is gone. @throws UpstreamChanged when a sync would put the RO into quarantine */
export const dryRun = async (
  services: Services,
  { shopTmId, shopId, ro }: { shopTmId: number; shopId: string; ro: number },
): Promise<DryRun> => {
  const read = await services.tekmetric.readRepairOrder({ shopTmId, ro, lane: 'interactive' })
  if (read.kind !== 'found')
    return { ro, outcome: read.kind === 'missing' ? 'missing' : 'deleted-by-header', rows: [], days: [] }
  return previewOf(services, shopId, read)
}

const previewOf = async (services: Services, shopId: string, read: FoundRepairOrder): Promise<DryRun> => {
  await checkFields({ services }, shopId, read)
  const bundle = normalizeRepairOrder(read)
  const { outcome, before, after, days } = await services.warehouse.repairOrders.preview({
    shopId,
    runId: null,
    bundle,
  })
  return {
    ro: read.ro,
    outcome,
    rows: diffPictures(before, after),
    days: days
      .map((day) => ({ date: day.date, columns: diffRows(day.before, day.after) }))
      .filter(({ columns }) => columns.length > 0),
  }
}

const printColumns = (columns: readonly ColumnChange[]): void => {
  for (const { column, old, new: next } of columns) print(`    ${column}: ${shown(old)} → ${shown(next)}`)
}

export const printDryRun = (result: DryRun, json: boolean): void => {
  if (json) return printJson(result)
  print(`RO ${result.ro}: ${result.outcome}. Nothing was written.`)
  for (const { table, key, change, columns } of result.rows) {
    print(`  ${table} ${key}: ${change}`)
    if (change === 'changed') printColumns(columns)
  }
  for (const { date, columns } of result.days) {
    print(`  day ${date}`)
    printColumns(columns)
  }
  if (result.rows.length === 0 && result.outcome !== 'missing') print('  no row and no day would change')
}
