// Which rows of the warehouse were written: a fingerprint of every row of every table that holds business data.
import type { Pipeline } from './pipeline.ts'

/** Bookkeeping that records that a sync happened, which is not a change of what it found. */
const BOOKKEEPING = ['sync_log', 'sync_cursors', 'sync_run_items', 'repair_order_reads', 'dirty_days']

/** One text per row: table, identity and the transaction that wrote it last. Equal sets: nothing was written. */
export const writtenRows = async ({ query }: Pick<Pipeline, 'query'>): Promise<ReadonlySet<string>> => {
  const tables = await query<{ name: string }>(
    `select c.relname as name from pg_class c
      where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> all ($1)
        and exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'id' and not a.attisdropped)
      order by 1`,
    [BOOKKEEPING],
  )
  const all: string[] = []
  for (const { name } of tables) {
    const rows = await query<{ row: string }>(
      `select '${name} ' || id || ' by ' || xmin::text as row from public.${name}`,
    )
    all.push(...rows.map(({ row }) => row))
  }
  return new Set(all)
}

/** Rows that are in one set and not in the other. */
export const changedRows = (before: ReadonlySet<string>, after: ReadonlySet<string>): string[] => [
  ...[...after].filter((row) => !before.has(row)),
  ...[...before].filter((row) => !after.has(row)),
]
