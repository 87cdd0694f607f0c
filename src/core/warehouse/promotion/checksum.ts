// Count and checksum of the rows of some shops in one table, computed by the database itself and the same on both sides
// whatever the order of the rows. Built on md5 because Postgres promises nothing about its own hashes across versions.
import type { Client } from './connection.ts'
import { quoted, type TableShape } from './table-shape.ts'

export interface Fingerprint {
  readonly rows: number
  readonly checksum: string
}

export interface Scope {
  readonly shopIds: readonly string[]
  readonly startedAt: string
}

/**
 * Of any query with one column `line`: the text of a row. Each row's md5 is taken as two numbers, which are summed; two
 * sets of rows agree when count and both sums do.
 */
export const fingerprintOf = async (
  client: Client,
  lines: string,
  values: readonly unknown[],
): Promise<Fingerprint> => {
  const { rows } = await client.query<{ rows: string; checksum: string }>(
    `with hashed as (select md5(l.line) as hash from (${lines}) l)
     select count(*)::text as rows,
            md5(concat_ws(' ', count(*),
                          sum(('x' || left(hash, 16))::bit(64)::bigint::numeric),
                          sum(('x' || right(hash, 16))::bit(64)::bigint::numeric))) as checksum
       from hashed`,
    [...values],
  )
  const [row] = rows
  if (row === undefined) throw new Error('an aggregate without group gives one row')
  return { rows: Number(row.rows), checksum: row.checksum }
}

/** The parameters a scope names: Postgres refuses those that a statement does not use. */
export const scopeValues = ({ scope }: TableShape, { shopIds, startedAt }: Scope): unknown[] =>
  scope.includes('$2') ? [shopIds, startedAt] : [shopIds]

export const fingerprint = (client: Client, shape: TableShape, scope: Scope): Promise<Fingerprint> => {
  const columns = shape.columns.map(({ name }) => quoted(name)).join(', ')
  const lines = `select row(${columns})::text as line from public.${quoted(shape.name)} where ${shape.scope}`
  return fingerprintOf(client, lines, scopeValues(shape, scope))
}
