// The oracle itself: a comparison that cannot fail proves nothing. Every compared column of every table is changed in
// some row, the smallest change its kind knows, and each must be reported.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Kind } from '../support/oracle/columns.ts'
import { report } from '../support/oracle/compare.ts'
import { COMPARED } from '../support/oracle/stored.ts'
import type { Table } from '../support/oracle/tables.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { syncList } from '../support/pipeline-lists.ts'
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
  texts: (column) => `array_append(${column}, '!')`,
}

const changeOf = (name: string, kind: Kind): { readonly column: string; readonly sql: string } => {
  const [column = '', member] = name.split('.')
  if (member === undefined) return { column, sql: CHANGED[kind](column) }
  return {
    column,
    sql: `jsonb_set(${column}, '{${member}}', to_jsonb((${column} ->> '${member}')::int + 1))`,
  }
}

/** Columns the simulator never fills in this world. */
const NEVER_FILLED: readonly string[] = ['jobs.description']
/** Part of every key below it: its change shows as rows that are missing and rows too many. */
const KEY = 'ro_number'

let pipeline: Pipeline
const compare = () => pipeline.compare({ people: true })
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  const shop = { tmId: SHOP, repairOrders: 80 }
  pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 20 } })
  const { repairOrders } = pipeline.simulator.truth()
  const posted = repairOrders.find(({ statusId, jobs }) => statusId === 5 && jobs.length > 1)
  pipeline.simulator.edit.update(posted?.id ?? 0, (ro) => {
    const own = { id: 990_001, name: 'Towing', vendorName: 'Tow Co', cost: 5_000, retail: 7_500 }
    ro.sublets.push({ ...own, authorized: true, authorizedDate: ro.updatedDate })
  })
  await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 21 })
  for (const kind of ['customers', 'vehicles'] as const) await syncList(pipeline, { shop: SHOP, kind })
  await pipeline.quiet()
  const already = report(await compare())
  if (already !== '') throw new Error(`the warehouse differs before anything was changed:\n${already}`)
  // The tables' own checks would refuse some of the changes; what is tested here is the oracle.
  await pipeline.query(`do $$ declare c record; begin
    for c in select conrelid::regclass as t, conname from pg_constraint where contype in ('c', 'u')
                or contype = 'f' and confrelid in ('customers'::regclass, 'vehicles'::regclass) loop
      begin execute format('alter table %s drop constraint %I', c.t, c.conname); exception when others then null; end;
    end loop; end $$`)
})
afterAll(() => pipeline.close())

/** Changes a column in one row. @returns how to change it back; null when no row has a value there */
const change = async (table: Table, name: string, kind: Kind): Promise<(() => Promise<unknown>) | null> => {
  const { column, sql } = changeOf(name, kind)
  const where = table === 'ro_snapshots' ? 'and counted' : ''
  const [victim] = await pipeline.query<{ id: string; before: string }>(
    `with victim as (select id, ${column} as before from public.${table}
                      where ${column} is not null ${where} order by md5(id::text || '${name}') limit 1)
     update public.${table} t set ${column} = ${sql.replaceAll(column, `t.${column}`)}
       from victim where t.id = victim.id returning t.id::text, victim.before::text`,
  )
  if (victim === undefined) return null
  const back = `update public.${table} set ${column} = $1::text::${typeOf(kind, name)} where id = $2`
  return () => pipeline.query(back, [victim.before, victim.id])
}

test.each(Object.keys(COMPARED) as Table[])(
  'a single change in any column of %s is reported',
  async (table) => {
    const undo: (() => Promise<unknown>)[] = []
    const changed: string[] = []
    const empty: string[] = []
    for (const [name, kind] of Object.entries(COMPARED[table])) {
      if (table === 'repair_orders' && name === KEY) continue
      const back = await change(table, name, kind)
      if (back === null) empty.push(`${table}.${name}`)
      else {
        undo.unshift(back)
        changed.push(name)
      }
    }
    const reported = new Set(
      (await compare()).filter((found) => found.table === table).map(({ column }) => column),
    )
    expect(changed.filter((name) => !reported.has(name))).toEqual([])
    expect(NEVER_FILLED).toEqual(expect.arrayContaining(empty))
    for (const back of undo) await back()
    expect(report(await compare())).toBe('')
  },
)

test('an RO under another number is reported as missing and as one too many', async () => {
  const move = (by: number) =>
    pipeline.query(
      `update public.repair_orders set ro_number = ro_number + $1
      where id = (select id from public.repair_orders order by id limit 1)`,
      [by],
    )
  await move(900_000)
  const found = (await compare()).filter(({ table }) => table === 'repair_orders')
  expect(found.map((difference) => difference.found).toSorted()).toEqual(['a row', 'absent'])
  await move(-900_000)
})

const TYPES: Readonly<Record<Kind, string>> = {
  int: 'bigint',
  decimal: 'numeric',
  percent: 'numeric',
  instant: 'timestamptz',
  date: 'date',
  text: 'text',
  flag: 'boolean',
  texts: 'text[]',
}
const typeOf = (kind: Kind, name: string): string => (name.includes('.') ? 'jsonb' : TYPES[kind])

test.each(Object.keys(COMPARED) as Table[])('a missing row of %s is reported', async (table) => {
  const where = table === 'ro_snapshots' ? 'where counted' : ''
  const [row] = await pipeline.query<{ row: string }>(
    `with victim as (select id from public.${table} ${where} order by md5(id::text) limit 1)
     delete from public.${table} t using victim where t.id = victim.id returning to_jsonb(t)::text as row`,
  )
  const differences = await compare()
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
  expect((await compare()).map(({ table }) => table)).toContain('leftover')
})
