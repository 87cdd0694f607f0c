// Copies one table in batches by its key. Values travel as the text Postgres itself prints and reads, so nothing is
// rounded or reinterpreted on the way, and no more than one batch is in memory.
import { AppError } from '../../errors.ts'
import { scopeValues } from './checksum.ts'
import { inTransaction, type Client } from './connection.ts'
import { noteBatch, type Promotion, type TableProgress } from './record.ts'
import { quoted, type TableShape } from './table-shape.ts'

type Values = readonly (string | null)[]

interface Batch {
  readonly rows: readonly Values[]
  readonly lastKey: readonly string[] | null
}

export interface CopyTask {
  readonly source: Client
  readonly target: Client
  readonly shape: TableShape
  readonly promotion: Promotion
  readonly progress: TableProgress
  /** After each committed batch. */
  readonly onBatch: (rows: number) => void
}

const UNIQUE_VIOLATION = '23505'

/** Rows after a key, in its order. */
const readBatch = async (
  { source, shape, promotion }: CopyTask,
  after: readonly string[] | null,
): Promise<Batch> => {
  const values = scopeValues(shape, promotion)
  const places = shape.key.map(({ type }, i) => `$${values.length + 1 + i}::${type}`)
  const key = shape.key.map(({ name }) => quoted(name)).join(', ')
  const { rows } = await source.query<(string | null)[]>({
    text: `select ${shape.columns.map(({ name }) => `${quoted(name)}::text`).join(', ')}
             from public.${quoted(shape.name)}
            where ${shape.scope} ${after === null ? '' : `and (${key}) > (${places.join(', ')})`}
            order by ${key} limit ${shape.batchRows}`,
    values: [...values, ...(after ?? [])],
    rowMode: 'array',
  })
  const last = rows.at(-1)
  const lastKey =
    last && shape.key.map(({ name }) => last[shape.columns.findIndex((c) => c.name === name)] ?? '')
  return { rows, lastKey: lastKey ?? null }
}

/** One statement whatever the number of rows: a text array for each column. */
const insertBatch = async ({ target, shape }: CopyTask, rows: readonly Values[]): Promise<void> => {
  const { columns, until } = shape
  const names = columns.map(({ name }) => quoted(name)).join(', ')
  const values = columns.map(({ name, type }) => until[name] ?? `v.${quoted(name)}::${type}`)
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`)
  await target.query(
    `insert into public.${quoted(shape.name)} (${names}) overriding system value
     select ${values.join(', ')} from unnest(${arrays.join(', ')}) as v (${names})`,
    columns.map((_, i) => rows.map((row) => row[i])),
  )
}

const explained = (error: unknown, { shape, target }: CopyTask): unknown => {
  if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) return error
  const constraint = 'constraint' in error ? ` (${String(error.constraint)})` : ''
  return new AppError(
    'data',
    'PROMOTE_CONFLICT',
    `${shape.name}${constraint}: the database ${target.database ?? ''} already has a row that is to be copied, and promote did not write it. Nothing was overwritten. Find out what else writes there, or promote into a project without it`,
    { cause: error },
  )
}

/** Copies what is missing of a table. Each batch and its progress are one transaction. @returns rows copied now */
export const copyTable = async (task: CopyTask): Promise<number> => {
  const { target, shape, promotion, progress } = task
  let after = progress.lastKey
  let done = progress.done
  let copied = 0
  while (!done) {
    const { rows, lastKey } = await readBatch(task, after)
    done = rows.length < shape.batchRows
    try {
      await inTransaction(target, async () => {
        if (rows.length > 0) await insertBatch(task, rows)
        await noteBatch(target, { id: promotion.id, table: shape.name, rows: rows.length, lastKey, done })
      })
    } catch (error) {
      throw explained(error, task)
    }
    after = lastKey
    copied += rows.length
    task.onBatch(rows.length)
  }
  if (copied > 0) await target.query(`analyze public.${quoted(shape.name)}`)
  return copied
}
