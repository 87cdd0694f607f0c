// The hourly cost of a labor line: where it comes from, and that it stays with a closed RO.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import { aJob, aLabor, bundleWith, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const employ = (rows: readonly Record<string, unknown>[]): Promise<unknown> =>
  world.call('upsert_employees', [
    world.shopId,
    rows.map((row) => ({ status: 'ACTIVE', can_perform_work: true, ...row })),
  ])

const costs = () =>
  world.query(
    `select l.tech_hourly_cost, l.labor_cost, l.rate_source from public.job_labor l
      where l.shop_id = $1 order by l.line_no`,
    [world.shopId],
  )

const withLabor =
  (...labor: readonly Parameters<typeof aLabor>[0][]) =>
  (bundle: RepairOrderBundle): void => {
    bundle.jobs = [aJob({ labor: labor.map((line, i) => aLabor({ line_no: i + 1, ...line })) })]
  }
const open = (bundle: RepairOrderBundle): void => {
  Object.assign(bundle.repair_order, { status: 'WORKINPROGRESS', status_id: 2 })
}

/** TM recomputes the profit of ROs of any age. */
const atTodaysPay = ({ repair_order: ro }: RepairOrderBundle): void => {
  ro.authorized_cost = (ro.authorized_cost ?? 0) + 1_080
  ro.authorized_profit = (ro.authorized_profit ?? 0) - 1_080
}
const lost = async (): Promise<void> => {
  for (const at of ['2026-03-05T02:10:00Z', '2026-03-05T02:20:00Z'])
    await world.call('mark_repair_order_deleted', [world.shopId, 318_204_417, at, null])
}
const calledDeleted = async (): Promise<void> => {
  await world.apply(
    laterBundle(30, (bundle) => {
      withLabor({ technician_hourly_rate: 5_000 })(bundle)
      atTodaysPay(bundle)
      Object.assign(bundle.repair_order, { status: 'DELETED', status_id: 7 })
    }),
  )
}

test("the rate on the line comes before the employee's", async () => {
  await employ([{ tm_id: 200_457, hourly_rate: 9_999 }])
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: 3_200 })))
  expect(await costs()).toEqual([{ tech_hourly_cost: 3_200, labor_cost: 1_920, rate_source: 'assigned' }])
})

test("without a rate on the line the employee's is used", async () => {
  await employ([{ tm_id: 200_457, hourly_rate: 4_100 }])
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: null, hours: 1.5 })))
  expect(await costs()).toEqual([{ tech_hourly_cost: 4_100, labor_cost: 6_150, rate_source: 'assigned' }])
})

test('an unassigned line costs the mean of active people who perform work, rounded to a cent', async () => {
  await employ([
    { tm_id: 1, hourly_rate: 3_000 },
    { tm_id: 2, hourly_rate: 4_001 },
    { tm_id: 3, hourly_rate: null },
    { tm_id: 4, hourly_rate: 100_000, status: 'INACTIVE' },
    { tm_id: 5, hourly_rate: 100_000, can_perform_work: false },
    { tm_id: 6, hourly_rate: 100_000, can_perform_work: null },
  ])
  await world.apply(
    bundleWith(withLabor({ technician_tm_id: null, technician_hourly_rate: null, hours: 2.65 })),
  )
  expect(await costs()).toEqual([{ tech_hourly_cost: 3_501, labor_cost: 9_278, rate_source: 'shop_avg' }])
})

test('a technician without a rate costs the mean too', async () => {
  await employ([
    { tm_id: 200_457, hourly_rate: null, salary: 6_000_000 },
    { tm_id: 2, hourly_rate: 3_560 },
  ])
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: null })))
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 3_560, rate_source: 'shop_avg' }])
})

test("without any rate the shop's default is used", async () => {
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: null, hours: 0.6 })))
  expect(await costs()).toEqual([{ tech_hourly_cost: 2_500, labor_cost: 1_500, rate_source: 'default' }])
})

test('half a cent is rounded away from zero', async () => {
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: 1_001, hours: 0.5 })))
  expect(await costs()).toMatchObject([{ labor_cost: 501 }])
})

test('a raise does not restate the unchanged lines of a closed RO', async () => {
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: 3_200 }, { name: 'Second', hours: 1 })))
  await world.apply(
    laterBundle(
      5,
      withLabor(
        { technician_hourly_rate: 5_000 },
        { name: 'Second', hours: 1.1, technician_hourly_rate: 5_000 },
      ),
    ),
  )
  expect(await costs()).toEqual([
    { tech_hourly_cost: 3_200, labor_cost: 1_920, rate_source: 'assigned' },
    { tech_hourly_cost: 5_000, labor_cost: 5_500, rate_source: 'assigned' },
  ])
})

test('a line of a closed RO that moved is known by its name', async () => {
  await world.apply(bundleWith(withLabor({ name: 'First' }, { name: 'Second' })))
  await world.apply(
    laterBundle(
      5,
      withLabor(
        { name: 'Second', technician_hourly_rate: 5_000 },
        { name: 'Third', hours: 9, technician_hourly_rate: 5_000 },
      ),
    ),
  )
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 3_200 }, { tech_hourly_cost: 5_000 }])
})

test('another technician on a line of a closed RO is priced anew', async () => {
  await world.apply(bundleWith(withLabor({})))
  await world.apply(laterBundle(5, withLabor({ technician_tm_id: 200_311, technician_hourly_rate: 5_000 })))
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 5_000 }])
})

test.each([
  ['TM answered nothing about it', lost],
  ['TM called it deleted', calledDeleted],
])('a closed RO that came back after %s keeps the cost it closed with', async (_, goes) => {
  await world.apply(bundleWith(withLabor({ technician_hourly_rate: 3_200 })))
  const closed = await world.ro()
  await goes()
  expect(await world.ro()).toMatchObject({ status_id: 7 })
  await world.apply(
    laterBundle(60, (bundle) => {
      withLabor({ technician_hourly_rate: 5_000 })(bundle)
      atTodaysPay(bundle)
    }),
  )
  expect(await costs()).toEqual([{ tech_hourly_cost: 3_200, labor_cost: 1_920, rate_source: 'assigned' }])
  const { authorized_cost, authorized_profit, tm_reported_gp_percent } = closed
  expect(await world.ro()).toMatchObject({
    status_id: 5,
    authorized_cost,
    authorized_profit,
    tm_reported_gp_percent,
  })
})

test('an unassigned line of a closed RO keeps the mean of its day', async () => {
  await employ([{ tm_id: 2, hourly_rate: 3_560 }])
  const unassigned = { technician_tm_id: null, technician_hourly_rate: null }
  await world.apply(bundleWith(withLabor(unassigned)))
  await employ([{ tm_id: 2, hourly_rate: 8_000 }])
  await world.apply(
    laterBundle(5, (bundle) => (withLabor(unassigned)(bundle), void (bundle.repair_order.notes = 'x'))),
  )
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 3_560, rate_source: 'shop_avg' }])
})

test('an open RO follows the pay until it closes', async () => {
  await world.apply(
    bundleWith((bundle) => (withLabor({ technician_hourly_rate: 3_200 })(bundle), open(bundle))),
  )
  await world.apply(laterBundle(5, withLabor({ technician_hourly_rate: 5_000 })))
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 5_000 }])
})

test('the position is the better match when names repeat', async () => {
  await world.apply(
    bundleWith(
      withLabor({ name: '', technician_hourly_rate: 3_000 }, { name: '', technician_hourly_rate: 4_000 }),
    ),
  )
  await world.apply(
    laterBundle(
      5,
      withLabor({ name: '', technician_hourly_rate: 9_000 }, { name: '', technician_hourly_rate: 9_000 }),
    ),
  )
  expect(await costs()).toMatchObject([{ tech_hourly_cost: 3_000 }, { tech_hourly_cost: 4_000 }])
})
