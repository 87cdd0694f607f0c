// The migration of the reports on a database with history: what was frozen before it is completed from the lines, so that the estimates
// are those a rebuild would give, and a rebuild afterwards writes nothing.
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/documents.ts'
import { createMetricsWorld, type MetricsWorld } from './support/metrics-world.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

let world: MetricsWorld
beforeAll(async () => {
  world = await createMetricsWorld()
})
afterAll(() => world.close())

const state = async () => ({
  snapshots: (await world.rows('ro_snapshots')).map((row) => row['technician_labor']),
  technicians: await world.rows('tech_daily_metrics'),
  advisors: await world.rows('advisor_daily_metrics'),
})

test('rows from before the migration get the estimates a rebuild would give them', async () => {
  const { first, second } = await openTwoOrderShop(world)
  for (const spec of [first, second, { ...first, ro: 3, posted: '2026-03-05', jobs: [] }]) {
    await world.put(spec)
    await world.refresh(spec.ro)
  }
  await world.settle()
  const computed = await state()

  await world.client.query(`
    update public.ro_snapshots set technician_labor =
      (select coalesce(jsonb_agg(t - 'estimated_cost'), '[]') from jsonb_array_elements(technician_labor) t);
    update public.tech_daily_metrics set estimated_labor_cost = 0;
    update public.advisor_daily_metrics set estimated_labor_cost = 0`)
  expect(await state()).not.toEqual(computed)
  const [name] = readdirSync(new URL('migrations/', root)).filter((entry) => entry.endsWith('_reports.sql'))
  const file = readFileSync(new URL(`migrations/${name}`, root), 'utf8')
  const updates = file.split(';').filter((statement) => /^update /m.test(statement))
  expect(updates).toHaveLength(3)
  for (const update of updates) await world.client.query(update)

  expect(await state()).toEqual(computed)
  for (const ro of [1, 2, 3])
    expect(await world.refresh(ro)).toEqual({ outcome: 'unchanged', affected_dates: [] })
})
