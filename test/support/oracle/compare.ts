// The oracle: the warehouse against what metrics.md makes of the simulator's own state, by independent code.
import type { Truth } from '../../../src/embedded/simulator/model.ts'
import type { Value } from './columns.ts'
import { expectedTables, type Expected } from './expected.ts'
import { rateOnLine } from './rendering.ts'
import { COMPARED, readStored, type Stored } from './stored.ts'
import type { Table } from './tables.ts'

export interface Difference {
  readonly table: Table | 'leftover'
  /** Shop, RO number, job and line, or day and person. */
  readonly where: string
  readonly column: string
  readonly expected: string
  readonly found: string
}

export interface CompareOptions {
  /** ROs (TM ids) that a test keeps out on purpose, because it broke their answers. */
  readonly except?: readonly number[]
  /** ROs (TM ids) whose `/profit/labor` answered 404; the simulator's request log knows them. */
  readonly profitMissing?: readonly number[]
  /** Also customers and vehicles, once their lists were read; an RO alone brings only what it names. */
  readonly people?: boolean
}

/** A missing or additional row is reported under this column. */
const WHOLE_ROW = '(row)'

const PEOPLE: readonly Table[] = ['customers', 'vehicles']

/** Postgres keeps microseconds; a nanosecond may be cut or rounded. */
const INSTANT_TOLERANCE = 1n

const show = (value: Value | undefined): string => (value === undefined ? 'absent' : String(value))

/** What TM leaves out now and then; every figure that depends on it must hold all the same. */
const mayBeNull = (table: Table, column: string, expected: Value): boolean =>
  (table === 'jobs' && (column === 'tax' || (column === 'archived' && expected === false))) ||
  // A make or model that is sent as a plain text has no id.
  (table === 'vehicles' && (column === 'make_id' || column === 'model_id'))

const same = (column: string, table: Table, a: Value, b: Value): boolean => {
  if (a === b || (b === null && mayBeNull(table, column, a))) return true
  if (COMPARED[table][column] !== 'instant' || typeof a !== 'bigint' || typeof b !== 'bigint') return false
  return a - b <= INSTANT_TOLERANCE && b - a <= INSTANT_TOLERANCE
}

/**
 * Compares everything the warehouse must hold with what it holds.
 * @param url a role that may read every table
 * @returns every difference, oldest key first; empty when the warehouse equals the source to the cent
 */
export const compareWithWarehouse = async (
  url: string,
  truth: Truth,
  { except = [], profitMissing = [], people = false }: CompareOptions = {},
): Promise<Difference[]> => {
  const kept = { ...truth, repairOrders: truth.repairOrders.filter((ro) => !except.includes(ro.id)) }
  const expected = expectedTables(kept, rateOnLine, new Set(profitMissing))
  const stored = await readStored(url)
  const tables = (Object.keys(COMPARED) as Table[]).filter((table) => people || !PEOPLE.includes(table))
  return [
    ...tables.flatMap((table) => compareTable(table, expected, stored)),
    ...stored.leftovers.map((what) => ({
      table: 'leftover' as const,
      where: 'warehouse',
      column: WHOLE_ROW,
      expected: 'none',
      found: what,
    })),
  ]
}

const compareTable = (table: Table, expected: Expected, stored: Stored): Difference[] => {
  const wanted = expected.tables[table]
  const found = stored.tables[table]
  const isExcused = (key: string): boolean => {
    const ro = roOf(key)
    if (table === 'job_fees' && stored.feesNotListed.has(ro) && key.startsWith(`${ro} line `)) return true
    return expected.mayBeAbsent.has(ro) && !stored.tables.repair_orders.has(ro)
  }
  const rowOf = (where: string, found: string, wanted: string): Difference => ({
    table,
    where,
    column: WHOLE_ROW,
    expected: wanted,
    found,
  })
  const missing = [...wanted.keys()].filter((key) => !found.has(key) && !isExcused(key))
  const extra = [...found.keys()].filter((key) => !wanted.has(key))
  return [
    ...missing.map((key) => rowOf(key, 'absent', 'a row')),
    ...extra.map((key) => rowOf(key, 'a row', 'absent')),
    ...[...wanted].flatMap(([key, row]) => {
      const other = found.get(key)
      if (other === undefined) return []
      const mayLag = table === 'repair_orders' && expected.silentlyPaid.has(key)
      return Object.keys(COMPARED[table]).flatMap((column) => {
        if (mayLag && (column === 'amount_paid' || column === 'balance_due')) return []
        const a = row[column] ?? null
        const b = other[column] ?? null
        return same(column, table, a, b)
          ? []
          : [{ table, where: key, column, expected: show(a), found: show(b) }]
      })
    }),
  ]
}

const roOf = (key: string): string => /^shop \d+ RO \d+/.exec(key)?.[0] ?? ''

const SHOWN = 40

/** The differences as a readable list, cut after the first forty. */
export const report = (differences: readonly Difference[]): string => {
  const shown = differences
    .slice(0, SHOWN)
    .map(
      ({ table, where, column, expected, found }) =>
        `${table}: ${where}: ${column}: expected ${expected}, found ${found}`,
    )
  const rest = differences.length - shown.length
  return [...shown, ...(rest > 0 ? [`… and ${rest} more`] : [])].join('\n')
}
