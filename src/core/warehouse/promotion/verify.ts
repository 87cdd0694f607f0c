// The end of a promotion: both sides counted and summed, table by table. Only when all are equal the shops are opened.
import { fingerprint, type Fingerprint, type Scope } from './checksum.ts'
import { inTransaction, type Client } from './connection.ts'
import { noteVerified, type Promotion } from './record.ts'
import { quoted, sequencesOf, type TableShape } from './table-shape.ts'
import { accessFingerprints } from './users.ts'

export interface Compared {
  readonly table: string
  readonly source: Fingerprint
  readonly target: Fingerprint
  readonly equal: boolean
}

export interface Comparison {
  readonly source: Client
  readonly target: Client
  readonly shapes: readonly TableShape[]
  readonly scope: Scope
  readonly promotionIds: readonly string[]
  /** What the source's snapshot holds, by table. */
  readonly expected: ReadonlyMap<string, Fingerprint>
  readonly onTable: (table: string) => void
}

const compared = (table: string, source: Fingerprint, target: Fingerprint): Compared => ({
  table,
  source,
  target,
  equal: source.rows === target.rows && source.checksum === target.checksum,
})

/** Every copied table, and the access of users. */
export const compare = async (comparison: Comparison): Promise<Compared[]> => {
  const { source, target, shapes, scope, expected, onTable } = comparison
  const results: Compared[] = []
  for (const shape of shapes) {
    onTable(shape.name)
    const there = await fingerprint(target, shape, scope)
    results.push(compared(shape.name, expected.get(shape.name) ?? { rows: 0, checksum: '' }, there))
  }
  const access = await accessFingerprints(source, target, scope.shopIds, comparison.promotionIds)
  return [...results, compared('user_shop_access', access.source, access.target)]
}

/** Gives the columns that were held back their values. */
const open = async (source: Client, target: Client, shape: TableShape, scope: Scope): Promise<void> => {
  const held = shape.columns.filter(({ name }) => name in shape.until)
  if (held.length === 0) return
  const columns = [...shape.key, ...held]
  const { rows } = await source.query<(string | null)[]>({
    text: `select ${columns.map(({ name }) => `${quoted(name)}::text`).join(', ')}
             from public.${quoted(shape.name)} where ${shape.scope}`,
    values: [scope.shopIds],
    rowMode: 'array',
  })
  const value = ({ name, type }: { name: string; type: string }): string => `v.${quoted(name)}::${type}`
  await target.query(
    `update public.${quoted(shape.name)} t
        set ${held.map((column) => `${quoted(column.name)} = ${value(column)}`).join(', ')}
       from unnest(${columns.map((_, i) => `$${i + 1}::text[]`).join(', ')})
         as v (${columns.map(({ name }) => quoted(name)).join(', ')})
      where ${shape.key.map((column) => `t.${quoted(column.name)} = ${value(column)}`).join(' and ')}`,
    columns.map((_, i) => rows.map((row) => row[i])),
  )
}

/** Moves the sequences of a table past the numbers its rows brought along; never back. */
const moveSequences = async (target: Client, table: string): Promise<void> => {
  for (const { sequence, column } of await sequencesOf(target, table))
    await target.query(
      `select setval($1::regclass, m.highest)
         from (select max(${quoted(column)})::bigint as highest from public.${quoted(table)}) m
        where m.highest > (select last_value from ${sequence})`,
      [sequence],
    )
}

/** Carries a difference out of the transaction, which then leaves the shops as they were. */
class Unequal extends Error {
  readonly tables: readonly Compared[]
  constructor(tables: readonly Compared[]) {
    super('source and target differ')
    this.tables = tables
  }
}

/** Opens the shops and enters the promotion as verified, if and only if everything is equal then. */
export const finish = async (comparison: Comparison, promotion: Promotion): Promise<readonly Compared[]> => {
  const { source, target, shapes, scope } = comparison
  for (const { name } of shapes) await moveSequences(target, name)
  try {
    return await inTransaction(
      target,
      async () => {
        for (const shape of shapes) await open(source, target, shape, scope)
        const tables = await compare(comparison)
        if (!tables.every(({ equal }) => equal)) throw new Unequal(tables)
        await noteVerified(target, promotion.id)
        return tables
      },
      'repeatable read',
    )
  } catch (error) {
    if (error instanceof Unequal) return error.tables
    throw error
  }
}
