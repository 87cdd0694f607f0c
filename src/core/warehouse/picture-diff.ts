// What differs between two pictures of an RO (`ro_picture`): rows that come, rows that go, columns that change.
import type { RepairOrderPicture } from './repair-orders.ts'

export interface ColumnChange {
  readonly column: string
  readonly old: unknown
  readonly new: unknown
}

export interface RowChange {
  readonly table: string
  /** `job 1190332001 line 2`. */
  readonly key: string
  readonly change: 'added' | 'removed' | 'changed'
  readonly columns: readonly ColumnChange[]
}

type Row = Readonly<Record<string, unknown>>

const text = (value: unknown): string => JSON.stringify(value ?? null)

/** Columns whose values differ; a column that a row lacks is null. */
export const diffRows = (before: Row | null, after: Row | null): ColumnChange[] => {
  const columns = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...columns]
    .map((column) => ({ column, old: before?.[column] ?? null, new: after?.[column] ?? null }))
    .filter((change) => text(change.old) !== text(change.new))
}

/** Every row that differs, by table and key. */
export const diffPictures = (before: RepairOrderPicture, after: RepairOrderPicture): RowChange[] => {
  const tables = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return tables.flatMap((table) => {
    const old = before[table] ?? {}
    const next = after[table] ?? {}
    const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])].toSorted()
    return keys.flatMap((key): RowChange[] => {
      const was = old[key]
      const is = next[key]
      const columns = diffRows(was ?? null, is ?? null)
      if (was === undefined) return [{ table, key, change: 'added', columns }]
      if (is === undefined) return [{ table, key, change: 'removed', columns }]
      return columns.length > 0 ? [{ table, key, change: 'changed', columns }] : []
    })
  })
}
