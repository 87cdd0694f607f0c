// The names that technicians' and advisors' days carry follow the employee list, and move no figure.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { EMPLOYEES, PEOPLE } from './support/golden-file.ts'
import { openGoldenShop, type GoldenShop } from './support/golden-shop.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
let shop: GoldenShop

beforeAll(async () => {
  world = await createWarehouseWorld()
})
beforeEach(async () => {
  shop = await openGoldenShop(world, { timezone: 'America/New_York', employees: EMPLOYEES })
  for (const [ro, technician] of ['Alpha', 'Ghost'].entries()) {
    const jobs = [{ authorized: true, labor: [[1, 9000, 9000, technician]] }]
    await shop.apply(ro + 1, { jobs, profit: '404' }, `2024-03-0${ro + 4}`)
  }
  await shop.settle()
})
afterAll(() => world.close())

const call = (
  person: keyof typeof PEOPLE,
  names: { first_name?: string; last_name?: string; email?: string },
) => world.call('upsert_employees', [shop.shopId, [{ tm_id: PEOPLE[person], lite: true, ...names }]])

const dirty = async () => (await shop.rows('dirty_days', 'metric_date')).map((row) => row['metric_date'])

test('a technician’s new name marks the days of that technician, and only those', async () => {
  await call('Alpha', { last_name: 'Omega' })
  expect(await dirty()).toEqual(['2024-03-04'])
  await shop.settle()
  const rows = await shop.rows('tech_daily_metrics', 'metric_date')
  expect(rows.map((row) => row['technician_name'])).toEqual(['Tech Omega', 'Tech Ghost'])
  expect(await shop.rows('metric_restatements', 'id')).toEqual([])
})

test('an advisor’s new name reaches the advisor’s days', async () => {
  await call('One', { first_name: 'Chief' })
  expect(await dirty()).toEqual(['2024-03-04', '2024-03-05'])
  await shop.settle()
  const rows = await shop.rows('advisor_daily_metrics', 'metric_date')
  expect(rows.map((row) => row['advisor_name'])).toEqual(['Chief One', 'Chief One'])
})

test('a placeholder whose name an RO tells differently is renamed where he worked', async () => {
  const technician = { id: PEOPLE.Ghost, firstName: 'Casper', lastName: 'Ghost' }
  const jobs = [{ authorized: null, labor: [{ hours: 1, rate: 9000, total: 9000, technician }] }]
  await shop.apply(9, { status: 2, jobs }, '2024-03-08')
  expect(await dirty()).toEqual(['2024-03-05'])
})

test('anything else that changes about a person marks no day', async () => {
  await call('Alpha', { email: 'alpha@example.com' })
  expect(await dirty()).toEqual([])
})
