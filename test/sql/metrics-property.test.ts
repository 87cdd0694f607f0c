// Any sequence of what TM says, pay, time zones, snapshots and days, in any order: the days end as a full rebuild from
// lines makes them out of nothing; shares make the shop; potential is authorized, declined and pending together.
// A script that ever failed is kept in test/fixtures/property-metrics/seeds.json and tried first from then on.
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rebuildMetrics } from '../../src/core/rebuild-metrics.ts'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { startTestApi, type TestApi } from '../support/api.ts'
import { EMPLOYEES, PEOPLE } from './support/golden-file.ts'
import { openGoldenShop, type GoldenShop, type Moment } from './support/golden-shop.ts'
import { script, type Step } from './support/moments.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'

const SEEDS = new URL('../fixtures/property-metrics/seeds.json', import.meta.url)
/** About a tenth of a second each; more with PROPERTY_RUNS. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 25)
const LIMIT_MS = 5_000 + RUNS * 1_500

let world: WarehouseWorld
let api: TestApi
let warehouse: Warehouse

beforeAll(async () => {
  world = await createWarehouseWorld()
  api = await startTestApi(world.database)
  warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
})
afterAll(async () => {
  await api.close()
  await world.close()
})

const follow = async (shop: GoldenShop, steps: readonly Step[]): Promise<void> => {
  const said = new Map<number, Moment>()
  for (const [index, step] of steps.entries()) {
    const updatedDate = new Date(Date.UTC(2024, 0, 1) + index * 1000).toISOString()
    if (step.kind === 'say' || step.kind === 'nudge') {
      const moment = step.kind === 'say' ? step.moment : { ...said.get(step.ro), ...step.moment }
      said.set(step.ro, moment)
      await shop.apply(step.ro, { ...moment, header: { updatedDate } }, '2024-03-04')
    } else if (step.kind === 'snapshot') await shop.snapshot(step.ro)
    else if (step.kind === 'day') await shop.computeDay(step.date)
    else if (step.kind === 'settle') await shop.settle()
    else if (step.kind === 'zone') await world.call('set_shop', [shop.shopTmId, { timezone: step.timezone }])
    else if (step.kind === 'rename')
      await world.call('upsert_employees', [
        shop.shopId,
        [{ tm_id: PEOPLE[step.person], first_name: step.as, lite: true }],
      ])
    else await shop.employ([{ name: 'Alpha', role: 3, hourly_rate: step.rate, can_perform_work: true }])
  }
}

const DAYS = ['daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics']

/** Counted snapshots and all days, without keys and times of writing. */
const told = async (shop: GoldenShop): Promise<Row[][]> => {
  const all: Row[][] = []
  for (const table of ['ro_snapshots', ...DAYS])
    all.push(
      (await shop.rows(table, 'id'))
        .filter((row) => row['counted'] !== false)
        .map((row) => ({ ...row, id: null, created_at: null, updated_at: null }))
        .toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b))),
    )
  return all
}

const sum = (rows: readonly Row[], name: string): number =>
  rows.reduce((total, row) => total + Math.round(Number(row[name]) * 100), 0) / 100

const expectShares = async (shop: GoldenShop): Promise<void> => {
  const days = await shop.rows('daily_shop_metrics', 'metric_date')
  const technicians = await shop.rows('tech_daily_metrics', 'metric_date')
  const advisors = await shop.rows('advisor_daily_metrics', 'metric_date')
  for (const day of days) {
    const ofDay = (rows: Row[]) => rows.filter((row) => row['metric_date'] === day['metric_date'])
    const nobody = {
      hours: Number(day['unassigned_labor_hours']),
      revenue: Number(day['unassigned_labor_revenue']),
    }
    expect(sum(ofDay(technicians), 'hours_billed') + nobody.hours).toBeCloseTo(Number(day['labor_hours']), 6)
    expect(sum(ofDay(technicians), 'labor_revenue') + nobody.revenue).toBe(day['labor_revenue'])
    for (const name of [
      'ro_count',
      'authorized_revenue',
      'authorized_cost',
      'authorized_profit',
      'potential_revenue',
    ])
      expect(sum(ofDay(advisors), name)).toBe(day[name])
    expect(sum(ofDay(advisors), 'labor_hours')).toBe(day['labor_hours'])
  }
}

const expectPotential = async (shop: GoldenShop): Promise<void> => {
  const figures = await world.query(
    `select m.* from public.repair_orders r cross join lateral public.ro_metrics(r.id) m where r.shop_id = $1`,
    [shop.shopId],
  )
  for (const row of [...figures, ...(await shop.rows('ro_snapshots', 'id'))]) {
    const of = (name: string): number => Number(row[name])
    const authorized = of('parts_revenue') + of('labor_revenue') + of('sublet_revenue')
    expect(of('potential_revenue')).toBe(authorized + of('declined_revenue') + of('pending_revenue'))
    expect(of('net_sales')).toBe(authorized + of('fees_total') - of('discount_total'))
  }
}

const check = async (steps: readonly Step[]): Promise<void> => {
  const shop = await openGoldenShop(world, { timezone: 'America/New_York', employees: EMPLOYEES })
  await follow(shop, steps)
  await shop.settle()
  expect(await shop.rows('dirty_days', 'metric_date')).toEqual([])
  await expectShares(shop)
  await expectPotential(shop)
  const counted = (await shop.rows('ro_snapshots', 'id')).filter((row) => row['counted'] === true)
  expect(new Set(counted.map((row) => row['ro_tm_id'])).size).toBe(counted.length)

  const range = { warehouse, shopId: shop.shopId, from: '2024-01-01', to: '2024-12-31' }
  const again = await rebuildMetrics({ ...range, fromLines: true })
  expect(again).toMatchObject({ snapshotsChanged: 0, daysChanged: 0, restated: 0 })
  const incremental = await told(shop)
  for (const table of ['ro_snapshots', ...DAYS])
    await world.query(`delete from public.${table} where shop_id = $1`, [shop.shopId])
  await rebuildMetrics({ ...range, fromLines: true })
  expect(await told(shop)).toEqual(incremental)
}

const known = (): Step[][] => JSON.parse(readFileSync(SEEDS, 'utf8')) as Step[][]

test(
  'any sequence ends as a full rebuild from lines would, and every share adds up',
  async () => {
    const result = await fc.check(fc.asyncProperty(script, check), {
      numRuns: RUNS,
      interruptAfterTimeLimit: LIMIT_MS,
      examples: known().map((steps): [Step[]] => [steps]),
      ...(process.env['PROPERTY_SEED'] === undefined ? {} : { seed: Number(process.env['PROPERTY_SEED']) }),
    })
    if (result.counterexample !== null)
      writeFileSync(SEEDS, `${JSON.stringify([...known(), result.counterexample[0]], null, 2)}\n`)
    const steps = JSON.stringify(result.counterexample?.[0])
    expect(
      result.failed,
      `seed ${result.seed}, kept in ${SEEDS.pathname}: ${steps}\n${String(result.errorInstance)}`,
    ).toBe(false)
  },
  LIMIT_MS + 60_000,
)
