// The oracle itself: a comparison that cannot fail proves nothing. Every compared column of every table is changed in
// some row, the smallest change its kind knows, and each must be reported.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kind } from '../support/oracle/columns.ts'
import { report } from '../support/oracle/compare.ts'
import { COMPARED } from '../support/oracle/stored.ts'
import type { Table } from '../support/oracle/expected.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

/** The smallest change of a column, as SQL. */
const CHANGED: Readonly<Record<Kind, (column: string) => string>> = {
  int: (column) => `${column} + 1`,
  decimal: (column) => `${column} + 0.01`,
  percent: (column) => `${column} + 0.01`,
  instant: (column) => `${column} + interval '1 second'`,
  date: (column) => `${column} + 1`,
  text: (column) => `${column} || '!'`,
  flag: (column) => `not ${column}`,
}

const changeOf = (name: string, kind: Kind): { readonly column: string; readonly sql: string } => {
  const [column = '', member] = name.split('.')
  if (member === undefined) return { column, sql: CHANGED[kind](column) }
  return {
    column,
    sql: `jsonb_set(${column}, '{${member}}', to_jsonb((${column} ->> '${member}')::int + 1))`,
  }
}

let pipeline: Pipeline
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  const shop = { tmId: SHOP, repairOrders: 150 }
  pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 20 } })
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 21 })
  await pipeline.quiet()
  expect(report(await pipeline.compare())).toBe('')
  // The tables' own checks would refuse some of the changes; what is tested here is the oracle.
  await pipeline.query(`do $$ declare c record; begin
    for c in select conrelid::regclass as t, conname from pg_constraint where contype in ('c', 'u') loop
      begin execute format('alter table %s drop constraint %I', c.t, c.conname); exception when others then null; end;
    end loop; end $$`)
})
afterAll(() => pipeline.close())

test.each(Object.keys(COMPARED) as Table[])(
  'a single change in any column of %s is reported',
  async (table) => {
    const unseen: string[] = []
    const where = table === 'ro_snapshots' ? 'and counted' : ''
    for (const [name, kind] of Object.entries(COMPARED[table])) {
      const { column, sql } = changeOf(name, kind)
      const changed = await pipeline.query<{ id: string; before: string }>(
        `with victim as (select id, ${column} as before from public.${table}
                        where ${column} is not null ${where} order by md5(id::text || '${name}') limit 1)
       update public.${table} t set ${column} = ${sql.replaceAll(column, `t.${column}`)}
         from victim where t.id = victim.id returning t.id::text, victim.before::text`,
      )
      const [victim] = changed
      // A column without any value in this world has nothing to change; which those are is pinned below.
      if (victim === undefined) {
        unseen.push(name)
        continue
      }
      const differences = await pipeline.compare()
      expect(
        differences.map((difference) => difference.table),
        `${table}.${name}`,
      ).toContain(table)
      await pipeline.query(
        `update public.${table} set ${column} = $1::text::${typeOf(kind, name)} where id = $2`,
        [victim.before, victim.id],
      )
    }
    expect(report(await pipeline.compare())).toBe('')
    expect(unseen.filter((name) => !NEVER_FILLED.has(`${table}.${name}`))).toEqual([])
  },
)

/** Columns the simulator never fills in this world. */
const NEVER_FILLED: ReadonlySet<string> = new Set(['jobs.description', 'ro_snapshots.variance_reason'])

const TYPES: Readonly<Record<Kind, string>> = {
  int: 'bigint',
  decimal: 'numeric',
  percent: 'numeric',
  instant: 'timestamptz',
  date: 'date',
  text: 'text',
  flag: 'boolean',
}
const typeOf = (kind: Kind, name: string): string => (name.includes('.') ? 'jsonb' : TYPES[kind])

test.each(Object.keys(COMPARED) as Table[])('a missing row of %s is reported', async (table) => {
  const where = table === 'ro_snapshots' ? 'where counted' : ''
  const [row] = await pipeline.query<{ row: string }>(
    `with victim as (select id from public.${table} ${where} order by md5(id::text) limit 1)
     delete from public.${table} t using victim where t.id = victim.id returning to_jsonb(t)::text as row`,
  )
  const differences = await pipeline.compare()
  expect(differences.map((difference) => difference.table)).toContain(table)
  await pipeline.query(
    `insert into public.${table} select * from jsonb_populate_record(null::public.${table}, $1)`,
    [row?.row],
  )
})

test('a mark left behind and an additional row are reported', async () => {
  await pipeline.query(
    `insert into public.dirty_days (shop_id, metric_date) select id, '2026-03-03' from public.shops`,
  )
  expect((await pipeline.compare()).map(({ table }) => table)).toContain('leftover')
})
