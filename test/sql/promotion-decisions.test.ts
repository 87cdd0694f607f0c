// The list of what is promoted, held against the schema: nothing that a migration adds can be forgotten.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copiedTables, DECISIONS, decisionOf, scopeOf } from '../../src/core/warehouse/promotion/decisions.ts'
import { shapeOf } from '../../src/core/warehouse/promotion/table-shape.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())

const tablesOfSchema = async (): Promise<string[]> => {
  const rows = await world.query(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1`,
  )
  return rows.map(({ name }) => String(name))
}

test('every table has a decision, and every decision a table', async () => {
  expect(Object.keys(DECISIONS).toSorted()).toEqual(await tablesOfSchema())
})

test('a table comes after those it refers to', async () => {
  const order = Object.keys(DECISIONS)
  const links = await world.query(
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace`,
  )
  expect(links.length).toBeGreaterThan(20)
  const backwards = links.filter(
    ({ child, parent }) =>
      decisionOf(String(child))?.copied === true &&
      order.indexOf(String(child)) <= order.indexOf(String(parent)),
  )
  expect(backwards).toEqual([])
})

test('nothing that is copied refers to something that is not', async () => {
  const links = await world.query(
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
      where contype = 'f' and connamespace = 'public'::regnamespace`,
  )
  const dangling = links.filter(
    ({ child, parent }) =>
      decisionOf(String(child))?.copied === true && decisionOf(String(parent))?.copied !== true,
  )
  expect(dangling).toEqual([])
})

test('each copied table can be read by key and narrowed to some shops', async () => {
  for (const table of copiedTables()) {
    const { key, columns } = await shapeOf(world.client, table)
    expect(key.length, table.name).toBeGreaterThan(0)
    const scope = scopeOf(table).match(/\b(id|shop_id) = any/)?.[1]
    expect(
      columns.map(({ name }) => name),
      table.name,
    ).toContain(scope)
    for (const name of [...(table.without ?? []), ...Object.keys(table.until ?? {})])
      expect(await columnNames(table.name), table.name).toContain(name)
  }
})

const columnNames = async (table: string): Promise<string[]> => {
  const rows = await world.query(
    'select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped',
    [`public.${table}`],
  )
  return rows.map(({ name }) => String(name))
}
