// The golden files, each RO by the real path: TM's answers → normalizer → apply_repair_order → refresh_ro_snapshot →
// refresh_daily_metrics. Expected figures were worked by hand from metrics.md (`why`), never copied from the product.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columnsOf, goldenFiles, type GoldenFile, type GoldenOrder } from './support/golden-file.ts'
import { openGoldenShop } from './support/golden-shop.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'

const files = goldenFiles()
let world: WarehouseWorld
let lastRo = 1000

beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())

interface Shop {
  readonly shopId: string
  readonly roOf: (order: GoldenOrder) => number
}

/** A shop with the people of a golden file, and all its ROs read, pictured and counted. */
const fill = async (file: GoldenFile): Promise<Shop> => {
  const shop = await openGoldenShop(world, file)
  const ros = new Map<GoldenOrder, number>()
  for (const order of file.orders) {
    lastRo += 1
    ros.set(order, lastRo)
    await shop.apply(lastRo, order, file.day)
  }
  await shop.settle()
  return { shopId: shop.shopId, roOf: (order) => ros.get(order) ?? 0 }
}

const lastNameOf = (name: unknown): string => (typeof name === 'string' ? (name.split(' ')[1] ?? '') : 'none')

const only = (row: Row | undefined, names: object): Row =>
  Object.fromEntries(Object.keys(names).map((name) => [name, row?.[name]]))

test('the golden files hold at least sixty hand-worked ROs', () => {
  expect(files.flatMap(({ orders }) => orders).length).toBeGreaterThanOrEqual(60)
})

describe.each(files.map((file) => [file.file, file] as const))('%s', (_name, file) => {
  let shop: Shop
  beforeAll(async () => {
    shop = await fill(file)
  })

  test.each(file.orders.map((order) => [order.name, order] as const))('%s', async (_name, order) => {
    const ro = shop.roOf(order)
    const { snapshot: counted = null, ...figures } = order.expect ?? {}
    const expected = columnsOf(figures)
    const [computed] = await world.query(
      `select m.* from public.repair_orders r, public.ro_metrics(r.id) m where r.shop_id = $1 and r.tm_id = $2`,
      [shop.shopId, ro],
    )
    expect(only(computed, expected), order.why).toEqual(expected)
    const snapshots = await world.query(
      `select * from public.ro_snapshots where shop_id = $1 and ro_tm_id = $2`,
      [shop.shopId, ro],
    )
    expect(snapshots.map((row) => [row['snapshot_trigger'], row['snapshot_date']].join(' '))).toEqual(
      counted === null ? [] : [counted],
    )
    for (const row of snapshots) {
      expect(row['counted']).toBe(true)
      expect(only(row, expected)).toEqual(expected)
    }
  })

  test('every day is the sum of its ROs, and holds no other', async () => {
    const counts = new Map<string, number>()
    for (const { expect: { snapshot } = {} } of file.orders) {
      const date = snapshot?.split(' ')[1]
      if (date !== undefined) counts.set(date, (counts.get(date) ?? 0) + 1)
    }
    const days = await world.query(
      'select metric_date, ro_count from public.daily_shop_metrics where shop_id = $1 order by metric_date',
      [shop.shopId],
    )
    expect(days.map((row) => [row['metric_date'], row['ro_count']])).toEqual(
      [...counts].toSorted(([a], [b]) => a.localeCompare(b)),
    )
  })
})

describe('a day that mixes them', () => {
  const file = files.find(({ expectDay }) => expectDay !== null)
  const expected = file?.expectDay
  let shop: Shop
  beforeAll(async () => {
    if (file) shop = await fill(file)
  })
  const rowsOf = (table: string): Promise<Row[]> =>
    world.query(`select * from public.${table} where shop_id = $1 and metric_date = $2`, [
      shop.shopId,
      file?.day,
    ])

  test('the shop’s day comes out to the cent', async () => {
    const [row] = await rowsOf('daily_shop_metrics')
    const { id: _, shop_id: _s, metric_date: _d, created_at: _c, updated_at: _u, ...figures } = row ?? {}
    expect(figures).toEqual(expected?.shop)
  })

  test('each technician’s day comes out to the cent', async () => {
    const rows = await rowsOf('tech_daily_metrics')
    const found = Object.fromEntries(rows.map((row) => [lastNameOf(row['technician_name']), row]))
    const hoped = expected?.technicians ?? {}
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(hoped).toSorted())
    for (const [name, { why, ...figures }] of Object.entries(hoped))
      expect(only(found[name], figures), String(why)).toEqual(figures)
  })

  test('each advisor’s day comes out to the cent, with one for nobody', async () => {
    const rows = await rowsOf('advisor_daily_metrics')
    const found = Object.fromEntries(rows.map((row) => [lastNameOf(row['advisor_name']), row]))
    const hoped = expected?.advisors ?? {}
    expect(Object.keys(found).toSorted()).toEqual(Object.keys(hoped).toSorted())
    for (const [name, { why, ...figures }] of Object.entries(hoped))
      expect(only(found[name], figures), String(why)).toEqual(figures)
  })
})
