// Rules that every table keeps, asked of the catalog: comments, types of money and time, indexed foreign keys.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())

const columns = (where: string) =>
  world.query(
    `select c.relname || '.' || a.attname as name, format_type(a.atttypid, a.atttypmod) as type
       from pg_attribute a join pg_class c on c.oid = a.attrelid
      where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
        and (${where}) order by 1`,
  )

test('every table and every column has a comment', async () => {
  expect(await columns('col_description(c.oid, a.attnum) is null')).toEqual([])
  expect(
    await world.query(
      `select relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v')
          and obj_description(c.oid, 'pg_class') is null`,
    ),
  ).toEqual([])
})

test('nothing is stored as floating point, and no text has an arbitrary length', async () => {
  expect(
    await columns(
      "a.atttypid in ('float4'::regtype, 'float8'::regtype, 'money'::regtype) or format_type(a.atttypid, a.atttypmod) like 'character%'",
    ),
  ).toEqual([])
})

test('no timestamp is without its zone', async () => {
  expect(await columns("a.atttypid = 'timestamp'::regtype")).toEqual([])
})

test('ids of TM are bigint', async () => {
  expect(await columns("a.attname ~ '(^|_)tm_id$' and a.atttypid <> 'bigint'::regtype")).toEqual([])
})

test('percentages hold a large loss on a tiny sale', async () => {
  expect(
    await columns(
      "a.attname ~ '(gp_percent|variance_percent|authorization_rate)$' and format_type(a.atttypid, a.atttypmod) <> 'numeric(12,2)'",
    ),
  ).toEqual([])
})

test('every foreign key has an index that begins with its columns', async () => {
  const missing = await world.query(
    `select f.conrelid::regclass::text || ' ' || f.conname as name from pg_constraint f
      where f.contype = 'f' and f.connamespace = 'public'::regnamespace
        and not exists (
          select from pg_index i where i.indrelid = f.conrelid and (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey
            and (i.indpred is null or pg_get_expr(i.indpred, i.indrelid) ~ 'IS NOT NULL'))`,
  )
  expect(missing).toEqual([])
})

test('a second counted snapshot of one RO is refused by the database itself', async () => {
  const [index] = await world.query(
    "select indexdef from pg_indexes where indexname = 'ro_snapshots_counted_once_idx'",
  )
  expect(index?.['indexdef']).toMatch(/UNIQUE INDEX .*\(repair_order_id\) WHERE counted/)
})
