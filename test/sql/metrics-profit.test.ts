// Profit of one RO (`ro_metrics`): TM's own figures or the lines, percentages, and why the two disagree.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import { sampleJob as job, type JobSpec, type RepairOrderSpec } from './support/ro-writer.ts'

let world: MetricsWorld
let nextRo = 1

beforeAll(async () => {
  world = await createMetricsWorld()
})
afterAll(() => world.close())

const figures = (spec: Omit<RepairOrderSpec, 'ro' | 'statusId'>) =>
  world.figures({ ro: nextRo++, statusId: 2, ...spec })

test('zero revenue gives NULL ratios, never zero', async () => {
  const free = job(true, { parts: [], labor: [{ hours: 0, total: 0, cost: 0 }] })
  expect(await figures({ jobs: [free] })).toMatchObject({
    authorized_revenue: 0,
    authorized_gp_percent: null,
    tm_reported_gp_percent: null,
    variance_percent: null,
    variance_reason: null,
  })
})

test('a large loss on a tiny sale keeps its percentage', async () => {
  const parts = [{ cost: 250_000, total: 1 }]
  expect(await figures({ jobs: [job(true, { parts, labor: [] })] })).toMatchObject({
    authorized_gp_percent: -24_999_900,
  })
})

test('a 404 of the profit endpoint is answered by the lines and says so', async () => {
  const jobs = [job(true, { sublets: [{ retail: 1000, cost: 600 }] }), job(false)]
  expect(await figures({ jobs, profit: null })).toMatchObject({
    calculation_method: 'LINE_ITEMS',
    authorized_revenue: 16_000,
    authorized_cost: 6600,
    authorized_profit: 9400,
    authorized_gp_percent: 58.75,
    tm_reported_gp_percent: null,
    variance_percent: null,
    variance_reason: 'tm_profit_missing',
  })
})

test('figures left over from an earlier answer do not stand in for a 404', async () => {
  const ro = nextRo
  const profit = { revenue: 14_000, cost: 7000, profit: 7000, percent: 50 }
  await figures({ jobs: [job(true)], profit })
  await world.client.query(
    `update public.repair_orders set calculation_method = 'LINE_ITEMS' where shop_id = $1 and tm_id = $2`,
    [world.shopId, ro],
  )
  const { rows } = await world.client.query(
    `select m.* from public.repair_orders r, public.ro_metrics(r.id) m where r.shop_id = $1 and r.tm_id = $2`,
    [world.shopId, ro],
  )
  expect(rows[0]).toMatchObject({ calculation_method: 'LINE_ITEMS', authorized_revenue: 15_000 })
})

test('an authorized RO-level sublet without any authorized job is revenue from lines, and draws no RO-level fee', async () => {
  const sublets = [{ retail: 700, cost: 300, authorized: true }]
  expect(await figures({ jobs: [job(null)], sublets, roFees: [1000] })).toMatchObject({
    calculation_method: 'LINE_ITEMS',
    authorized_revenue: 700,
    authorized_profit: 400,
    authorized_job_count: 0,
    fees_total: 0,
    net_sales: 700,
    potential_revenue: 15_700,
  })
})

test('TM’s own profit wins over the lines', async () => {
  const profit = { revenue: 14_000, cost: 7000, profit: 7000, percent: 50 }
  expect(await figures({ jobs: [job(true)], profit })).toMatchObject({
    calculation_method: 'TRUE_GP',
    authorized_revenue: 14_000,
    authorized_cost: 7000,
    authorized_profit: 7000,
    authorized_gp_percent: 50,
    net_sales: 15_000,
    net_profit: 9000,
  })
})

test('a margin of "NaN" is no percentage, a true 0 is one', async () => {
  const jobs = [job(true, { parts: [{ cost: 15_000, total: 15_000 }], labor: [] })]
  const profit = { revenue: 15_000, cost: 15_000, profit: 0 }
  expect(await figures({ jobs, profit: { ...profit, percent: 0 } })).toMatchObject({
    tm_reported_gp_percent: 0,
    authorized_gp_percent: 0,
    variance_percent: 0,
    variance_reason: null,
  })
  expect(await figures({ jobs, profit: { ...profit, percent: null } })).toMatchObject({
    tm_reported_gp_percent: null,
    variance_percent: null,
    variance_reason: null,
  })
})

test('a loss on nothing sold is named possible warranty before any other reason', async () => {
  const jobs = [job(true, { parts: [{ cost: 5000, total: 0 }], labor: [] })]
  expect(await figures({ jobs })).toMatchObject({
    authorized_profit: -5000,
    variance_reason: 'negative_profit_possible_warranty',
  })
})

test('a variance above half a point names its first reason; half a point names none', async () => {
  const estimated = job(true, { labor: [{ hours: 1, total: 5000, cost: 2000, source: 'shop_avg' }] })
  const agreed = { revenue: 15_000, cost: 6000, profit: 9000 }
  const variance = async (jobs: JobSpec[], profit: RepairOrderSpec['profit']) => {
    const answer = await figures({ jobs, profit: profit ?? null })
    return [answer['variance_percent'], answer['variance_reason']]
  }
  expect(await variance([estimated], { ...agreed, percent: 59.5 })).toEqual([0.5, null])
  expect(await variance([estimated], { ...agreed, percent: 60.5 })).toEqual([-0.5, null])
  expect(await variance([job(true)], { ...agreed, percent: 59.49 })).toEqual([0.51, 'cost_mismatch'])
  expect(await variance([estimated], { ...agreed, percent: 61 })).toEqual([-1, 'estimated_labor_rate'])
  expect(await variance([estimated], { ...agreed, revenue: 14_999, percent: 61 })).toEqual([
    -1,
    'retail_mismatch',
  ])
})
