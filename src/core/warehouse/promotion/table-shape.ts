// What the catalog says about a table that is copied: the columns with a value of their own, and the key it is read by.
import { AppError } from '../../errors.ts'
import { scopeOf, type Copied } from './decisions.ts'
import type { Client } from './connection.ts'

export interface Column {
  readonly name: string
  readonly type: string
}

export interface TableShape {
  readonly name: string
  /** Without generated columns and those that stay behind. */
  readonly columns: readonly Column[]
  /** The primary key, in its order. */
  readonly key: readonly Column[]
  readonly scope: string
  readonly batchRows: number
  readonly until: Readonly<Record<string, string>>
}

/** Rows of about 300 bytes make batches of about 300 kB: few round trips, little memory. */
const BATCH_ROWS = 1_000

/** Sequences hand out numbers that copied rows already carry, unless they are moved past them. */
export interface SequenceUse {
  readonly sequence: string
  readonly table: string
  readonly column: string
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const columnsOf = async (client: Client, table: string): Promise<Column[]> => {
  const { rows } = await client.query<Column>(
    `select a.attname as name, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a
      where a.attrelid = format('public.%I', $1::text)::regclass and a.attnum > 0
        and not a.attisdropped and a.attgenerated = ''
      order by a.attname`,
    [table],
  )
  return rows
}

const keyOf = async (client: Client, table: string): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `select a.attname as name
       from pg_index i
      cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, position)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indrelid = format('public.%I', $1::text)::regclass and i.indisprimary
      order by k.position`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/** Reads the shape of a table. @throws AppError when it has no primary key to read it by */
export const shapeOf = async (
  client: Client,
  table: Copied & { readonly name: string },
  batchRows?: number,
): Promise<TableShape> => {
  const { name, without = [], until = {} } = table
  const columns = (await columnsOf(client, name)).filter((column) => !without.includes(column.name))
  const key = (await keyOf(client, name)).flatMap(
    (part) => columns.find((column) => column.name === part) ?? [],
  )
  if (key.length === 0)
    throw new AppError('bug', 'PROMOTE_NO_KEY', `${name} has no primary key: it cannot be read in batches`)
  const rows = Math.min(table.batchRows ?? BATCH_ROWS, batchRows ?? BATCH_ROWS)
  return { name, columns, key, scope: scopeOf(table), batchRows: rows, until }
}

/** @throws AppError when both sides do not have the same columns: then they are not of the same release */
export const requireSameColumns = async (target: Client, shape: TableShape): Promise<void> => {
  const there = new Map((await columnsOf(target, shape.name)).map(({ name, type }) => [name, type]))
  const different = shape.columns.filter(({ name, type }) => there.get(name) !== type).map(({ name }) => name)
  if (different.length > 0)
    throw new AppError(
      'bug',
      'PROMOTE_SCHEMA',
      `${shape.name} differs between source and target in ${different.join(', ')}; both must be of this release`,
    )
}

/** The sequences that defaults and identities of a table take their numbers from. */
export const sequencesOf = async (client: Client, table: string): Promise<SequenceUse[]> => {
  const { rows } = await client.query<SequenceUse>(
    `select distinct s.oid::regclass::text as sequence, $1::text as table, a.attname as column
       from pg_attribute a
       left join pg_attrdef f on f.adrelid = a.attrelid and f.adnum = a.attnum
       join pg_depend d
         on (d.classid = 'pg_attrdef'::regclass and d.objid = f.oid and d.refclassid = 'pg_class'::regclass)
         or (d.refclassid = 'pg_class'::regclass and d.refobjid = a.attrelid and d.refobjsubid = a.attnum
             and d.classid = 'pg_class'::regclass and d.deptype = 'i')
       join pg_class s on s.relkind = 'S' and s.oid in (d.objid, d.refobjid)
      where a.attrelid = format('public.%I', $1::text)::regclass and a.attnum > 0 and not a.attisdropped`,
    [table],
  )
  return rows
}
