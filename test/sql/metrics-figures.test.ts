// The figures of one RO (`ro_metrics`): sums over its jobs and lines, fees, discounts and tax with all fallbacks.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import { sampleJob as job, type RepairOrderSpec } from './support/ro-writer.ts'

let world: MetricsWorld
let nextRo = 1

beforeAll(async () => {
  world = await createMetricsWorld()
})
afterAll(() => world.close())

const figures = (spec: Omit<RepairOrderSpec, 'ro' | 'statusId'>) =>
  world.figures({ ro: nextRo++, statusId: 2, ...spec })

test('an RO without jobs has zero sums, no ratios and no reason', async () => {
  expect(await figures({ jobs: [] })).toMatchObject({
    authorized_revenue: 0,
    authorized_cost: 0,
    authorized_profit: 0,
    authorized_gp_percent: null,
    authorized_job_count: 0,
    potential_job_count: 0,
    potential_revenue: 0,
    net_sales: 0,
    net_profit: 0,
    tax_total: 0,
    variance_percent: null,
    variance_reason: null,
    calculation_method: 'TRUE_GP',
    technician_labor: [],
  })
})

test('only approved jobs are authorized; declined and pending ones are potential, each by its own name', async () => {
  expect(await figures({ jobs: [job(true), job(false), job(null), job(null)] })).toMatchObject({
    authorized_job_count: 1,
    parts_revenue: 10_000,
    parts_cost: 4000,
    labor_revenue: 5000,
    labor_hours: 1,
    labor_cost: 2000,
    potential_job_count: 4,
    potential_revenue: 60_000,
    declined_revenue: 15_000,
    pending_revenue: 30_000,
  })
})

test('an archived job leaves the potential unless it was authorized', async () => {
  const archived = { archived: true }
  expect(
    await figures({ jobs: [job(true, archived), job(false, archived), job(null, archived), job(false)] }),
  ).toMatchObject({
    authorized_job_count: 1,
    authorized_revenue: 15_000,
    potential_job_count: 2,
    potential_revenue: 30_000,
    declined_revenue: 15_000,
    pending_revenue: 0,
  })
})

test('an RO-level sublet counts by its own flag, as a job does, and is no job', async () => {
  const sublets = [
    { retail: 700, cost: 300, authorized: true },
    { retail: 80, cost: 30, authorized: false },
    { retail: 9, cost: 3, authorized: null },
  ]
  const answer = await figures({ jobs: [job(true, { sublets: [{ retail: 1000, cost: 600 }] })], sublets })
  expect(answer).toMatchObject({
    sublet_revenue: 1700,
    sublet_cost: 900,
    potential_revenue: 16_789,
    declined_revenue: 80,
    pending_revenue: 9,
    potential_job_count: 1,
  })
})

test('a sublet of a job follows the job, whatever its own flag says', async () => {
  const sublets = [{ retail: 1000, cost: 600, authorized: true }]
  expect(await figures({ jobs: [job(false, { sublets })] })).toMatchObject({
    sublet_revenue: 0,
    declined_revenue: 16_000,
  })
})

test('part cost is rounded half up per line, quantities stay fractional', async () => {
  const parts = [
    { quantity: 5.5, cost: 512, total: 4945 },
    { quantity: 0.5, cost: 5, total: 5 },
    { quantity: 0.5, cost: 5, total: 5 },
    { quantity: 0, cost: 999, total: 0 },
  ]
  expect(await figures({ jobs: [job(true, { parts })] })).toMatchObject({
    parts_revenue: 4955,
    parts_cost: 2816 + 3 + 3,
  })
})

test('labor cost that is not the technician’s own rate is told apart as estimated', async () => {
  const labor = [
    { hours: 0.6, total: 11_100, cost: 1920 },
    { hours: 1, total: 5000, cost: 3000, source: 'shop_avg' as const },
    { hours: 2, total: 5000, cost: 5000, source: 'default' as const },
  ]
  expect(await figures({ jobs: [job(true, { labor }), job(null, { labor })] })).toMatchObject({
    labor_hours: 3.6,
    labor_cost: 9920,
    estimated_labor_cost: 8000,
    unassigned_labor_hours: 3.6,
    unassigned_labor_revenue: 21_100,
  })
})

test('RO-level fees join the fees of authorized jobs, not those of others', async () => {
  const jobs = [job(true, { fees: [300, 20] }), job(false, { fees: [5000] })]
  expect(await figures({ jobs, roFees: [1000, 7], feesTotal: 999_999 })).toMatchObject({ fees_total: 1327 })
})

test('an empty list of RO-level fees means none, whatever feesTotal says', async () => {
  expect(await figures({ jobs: [job(true)], roFees: [], feesTotal: 900 })).toMatchObject({ fees_total: 0 })
})

test('without a list, RO-level fees are what feesTotal leaves after all job fees', async () => {
  const jobs = [job(true, { fees: [300] }), job(false, { fees: [50] })]
  expect(await figures({ jobs, roFees: null, feesTotal: 1000 })).toMatchObject({ fees_total: 950 })
})

test('the feesTotal fallback never goes below zero, nor fails when TM sends nothing', async () => {
  const jobs = [job(true, { fees: [300] }), job(false, { fees: [50] })]
  expect(await figures({ jobs, roFees: null, feesTotal: 340 })).toMatchObject({ fees_total: 300 })
  expect(await figures({ jobs, roFees: null, feesTotal: null })).toMatchObject({ fees_total: 300 })
})

test('RO-level fees count only when some job is authorized', async () => {
  expect(await figures({ jobs: [job(null)], roFees: [1000] })).toMatchObject({ fees_total: 0, net_sales: 0 })
  expect(await figures({ jobs: [job(false)], roFees: null, feesTotal: 9 })).toMatchObject({ fees_total: 0 })
})

test('the RO-level discount is as sent, else what discountTotal leaves after all job discounts', async () => {
  const jobs = [job(true, { discount: 500 }), job(false, { discount: 100 })]
  expect(await figures({ jobs, roDiscount: 1000, discountTotal: 9999 })).toMatchObject({
    discount_total: 1500,
  })
  expect(await figures({ jobs, roDiscount: 0, discountTotal: 9999 })).toMatchObject({ discount_total: 500 })
  expect(await figures({ jobs, discountTotal: 1600 })).toMatchObject({ discount_total: 1500 })
  expect(await figures({ jobs })).toMatchObject({ discount_total: 500 })
})

test('a negative discount is a surcharge and is never clamped', async () => {
  const answer = await figures({ jobs: [job(true, { discount: -700 })], roDiscount: -300 })
  expect(answer).toMatchObject({ discount_total: -1000, net_sales: 16_000, net_profit: 10_000 })
  expect(await figures({ jobs: [job(true, { discount: 500 })], discountTotal: 100 })).toMatchObject({
    discount_total: 100,
  })
})

test('tax is the sum over authorized jobs when each has one', async () => {
  const jobs = [
    job(true, { tax: 419 }),
    job(true, { tax: 0 }),
    job(false, { tax: null }),
    job(null, { tax: 77 }),
  ]
  expect(await figures({ jobs, authorizedTotal: 1 })).toMatchObject({ tax_total: 419 })
})

test('one authorized job without a tax: tax is authorizedTotal less net sales, or zero', async () => {
  const jobs = [job(true, { tax: 419 }), job(true, { tax: null })]
  const more = { jobs, roFees: [250], roDiscount: 100 }
  expect(await figures({ ...more, authorizedTotal: 31_000 })).toMatchObject({
    net_sales: 30_150,
    tax_total: 850,
    authorized_total: 31_000,
  })
  expect(await figures({ ...more, authorizedTotal: null })).toMatchObject({
    tax_total: 0,
    authorized_total: null,
  })
})

test('labor is listed by technician, each with its jobs and rate sources; unassigned last', async () => {
  const alpha = await world.addEmployee(1, 'Alpha')
  const labor = [
    { hours: 1.5, total: 100, cost: 10, technician: alpha },
    { hours: 0.5, total: 50, cost: 5, technician: alpha, source: 'default' as const },
    { hours: 2, total: 7, cost: 3, technician: null, source: 'shop_avg' as const },
  ]
  const jobs = [job(true, { labor }), job(true, { labor: labor.slice(0, 1) }), job(null, { labor })]
  expect((await figures({ jobs }))['technician_labor']).toEqual([
    {
      technician_id: alpha,
      hours: 3.5,
      revenue: 250,
      cost: 25,
      estimated_cost: 5,
      jobs: 2,
      assigned: 2,
      shop_avg: 0,
      default: 1,
    },
    {
      technician_id: null,
      hours: 2,
      revenue: 7,
      cost: 3,
      estimated_cost: 3,
      jobs: 1,
      assigned: 0,
      shop_avg: 1,
      default: 0,
    },
  ])
})

test('potential is exactly the authorized lines, the declined and the pending together', async () => {
  const sublets = [
    { retail: 11, cost: 1, authorized: null },
    { retail: 13, cost: 1, authorized: true },
  ]
  const f = await figures({
    jobs: [job(true, { archived: true }), job(false), job(null)],
    sublets,
    profit: null,
  })
  const total = ['authorized_revenue', 'declined_revenue', 'pending_revenue'].map((name) => Number(f[name]))
  expect(total.reduce((a, b) => a + b, 0)).toBe(f['potential_revenue'])
})
