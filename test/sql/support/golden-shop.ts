// A shop that takes hand-worked ROs by the real path: TM's answers → normalizer → apply_repair_order →
// refresh_ro_snapshot → refresh_daily_metrics, step by step as queue jobs would.
import { normalizeRepairOrder } from '../../../src/core/tekmetric/normalize.ts'
import { answersOf, PEOPLE, type GoldenEmployee, type GoldenOrder } from './golden-file.ts'
import type { Applied, Row, WarehouseWorld } from './warehouse-world.ts'

export interface GoldenShopOptions {
  readonly timezone: string
  readonly defaultCost?: number
  readonly employees: readonly GoldenEmployee[]
}

/** What TM says of an RO at one moment. */
export type Moment = Omit<GoldenOrder, 'name' | 'why'>

export interface GoldenShop {
  readonly shopId: string
  readonly shopTmId: number
  readonly employ: (employees: readonly GoldenEmployee[]) => Promise<void>
  /** One read of an RO, applied. `day`: what dates that are left out are made of. */
  readonly apply: (ro: number, moment: Moment, day: string) => Promise<Applied>
  readonly snapshot: (ro: number) => Promise<string[]>
  readonly computeDay: (date: string) => Promise<void>
  /** Everything that is marked: snapshots, then days. */
  readonly settle: () => Promise<void>
  readonly rows: (table: string, order: string) => Promise<Row[]>
}

export const openGoldenShop = async (
  world: WarehouseWorld,
  options: GoldenShopOptions,
): Promise<GoldenShop> => {
  const shopId = await world.startShop(options.timezone)
  const rows = (table: string, order: string): Promise<Row[]> =>
    world.query(`select * from public.${table} where shop_id = $1 order by ${order}`, [shopId])
  const [{ tm_id: tmId } = {}] = await world.query('select tm_id from public.shops where id = $1', [shopId])
  const shopTmId = Number(tmId)
  if (options.defaultCost !== undefined)
    await world.call('set_shop', [shopTmId, { default_tech_hourly_cost: options.defaultCost }])

  const employ: GoldenShop['employ'] = async (employees) => {
    const people = employees.map(({ name, ...employee }) => ({
      tm_id: PEOPLE[name],
      first_name: 'Tech',
      last_name: name,
      ...employee,
    }))
    await world.query('select public.upsert_employees($1, $2)', [shopId, JSON.stringify(people)])
  }
  await employ(options.employees)

  const snapshot: GoldenShop['snapshot'] = async (ro) =>
    (await world.call<{ affected_dates: string[] }>('refresh_ro_snapshot', [shopId, ro])).affected_dates
  const computeDay: GoldenShop['computeDay'] = async (date) => {
    await world.call('refresh_daily_metrics', [shopId, date])
  }
  return {
    shopId,
    shopTmId,
    employ,
    apply: (ro, moment, day) =>
      world.apply(normalizeRepairOrder(answersOf({ name: '', why: '', ...moment }, { shopTmId, ro, day }))),
    snapshot,
    computeDay,
    settle: async () => {
      for (const { tm_id: ro, snapshot_stale: isStale } of await rows('repair_orders', 'tm_id'))
        if (isStale === true) await snapshot(Number(ro))
      for (const { metric_date: date } of await rows('dirty_days', 'metric_date'))
        await computeDay(String(date))
    },
    rows,
  }
}
