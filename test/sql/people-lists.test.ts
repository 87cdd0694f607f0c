// The daily lists of employees, customers and vehicles, and the settings of a shop.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const upsert = (what: 'employees' | 'customers' | 'vehicles', ...rows: readonly object[]) =>
  world.call(`upsert_${what}`, [world.shopId, rows])
const stored = (table: string, columns: string) =>
  world.query(`select ${columns} from public.${table} where shop_id = $1 order by tm_id`, [world.shopId])
const versions = (table: string) =>
  world.query(`select xmin::text, updated_at from public.${table} where shop_id = $1 order by tm_id`, [
    world.shopId,
  ])

describe('employees', () => {
  test('a lite row never erases the pay a full record brought', async () => {
    await upsert('employees', {
      tm_id: 1,
      first_name: 'Ann',
      hourly_rate: 3_200,
      email: 'ann@example.com',
      status: 'ACTIVE',
      can_perform_work: true,
    })
    expect(
      await upsert('employees', { tm_id: 1, first_name: 'Anna', status: 'INACTIVE', lite: true }),
    ).toEqual({ created: 0, updated: 1, unchanged: 0 })
    expect(await stored('employees', 'first_name, hourly_rate, email, status, can_perform_work')).toEqual([
      {
        first_name: 'Anna',
        hourly_rate: 3_200,
        email: 'ann@example.com',
        status: 'INACTIVE',
        can_perform_work: true,
      },
    ])
  })

  test('a full record replaces what was stored, nulls included', async () => {
    await upsert('employees', { tm_id: 1, hourly_rate: 3_200, pay_type: 'HOURLY' })
    await upsert('employees', { tm_id: 1, hourly_rate: null, salary: 5_000_000, pay_type: 'SALARY' })
    expect(await stored('employees', 'hourly_rate, salary, pay_type')).toEqual([
      { hourly_rate: null, salary: 5_000_000, pay_type: 'SALARY' },
    ])
  })

  test('a placeholder becomes an ordinary row under the same id', async () => {
    await world.apply(bundleWith())
    const before = await stored('employees', 'id, is_placeholder')
    expect(before).toMatchObject([{ is_placeholder: true }, { is_placeholder: true }])
    expect(
      await upsert(
        'employees',
        { tm_id: 200_457, first_name: 'Tech', last_name: 'Alpha', lite: true },
        { tm_id: 200_311, first_name: 'Writer', last_name: 'One' },
      ),
    ).toMatchObject({ updated: 2 })
    expect(await stored('employees', 'id, is_placeholder')).toEqual(
      before.map((row) => ({ ...row, is_placeholder: false })),
    )
  })

  test('an RO does not rename an employee the list knows', async () => {
    await upsert('employees', { tm_id: 200_457, first_name: 'Alexandra', last_name: 'Alpha' })
    await world.apply(bundleWith())
    expect((await stored('employees', 'first_name'))[1]).toEqual({ first_name: 'Alexandra' })
  })

  test('of a double row the full record counts, else the last', async () => {
    await upsert(
      'employees',
      { tm_id: 1, hourly_rate: 1 },
      { tm_id: 1, hourly_rate: 2 },
      { tm_id: 1, hourly_rate: 3, lite: true },
    )
    expect(await stored('employees', 'hourly_rate')).toEqual([{ hourly_rate: 2 }])
  })

  test('an older record never overwrites a newer one', async () => {
    await upsert('employees', { tm_id: 1, first_name: 'New', tm_updated_at: '2026-02-01T00:00:00Z' })
    expect(
      await upsert('employees', { tm_id: 1, first_name: 'Old', tm_updated_at: '2026-01-01T00:00:00Z' }),
    ).toMatchObject({ unchanged: 1 })
    expect(await stored('employees', 'first_name')).toEqual([{ first_name: 'New' }])
  })

  test('someone missing from the list keeps the row', async () => {
    await upsert('employees', { tm_id: 1 }, { tm_id: 2 })
    await upsert('employees', { tm_id: 2 })
    expect(await stored('employees', 'tm_id')).toHaveLength(2)
  })
})

test.each(['employees', 'customers', 'vehicles'] as const)(
  'the same list of %s again touches no row',
  async (what) => {
    const rows = [
      {
        tm_id: 1,
        notes: 'x',
        first_name: 'A',
        customer_tm_id: 5,
        email: what === 'customers' ? ['a@example.com', 'b@example.com'] : 'a',
      },
      { tm_id: 2 },
    ]
    expect(await upsert(what, ...rows)).toEqual({ created: 2, updated: 0, unchanged: 0 })
    const before = await versions(what)
    expect(await upsert(what, ...rows)).toEqual({ created: 0, updated: 0, unchanged: 2 })
    expect(await versions(what)).toEqual(before)
    expect(await upsert(what)).toEqual({ created: 0, updated: 0, unchanged: 0 })
  },
)

test('a vehicle of a customer nobody listed yet has an owner all the same', async () => {
  await upsert('vehicles', { tm_id: 1, customer_tm_id: 77, make: 'Honda' })
  expect(await stored('customers', 'tm_id, is_placeholder')).toEqual([{ tm_id: 77, is_placeholder: true }])
  expect(await upsert('customers', { tm_id: 77, last_name: 'Late' })).toMatchObject({ updated: 1 })
  const [row] = await world.query(
    'select c.last_name from public.vehicles v join public.customers c on c.id = v.customer_id where v.shop_id = $1',
    [world.shopId],
  )
  expect(row).toEqual({ last_name: 'Late' })
})

test('a list for an unknown shop is refused with 22023', async () => {
  await expect(
    world.call('upsert_employees', ['00000000-0000-4000-8000-000000000000', []]),
  ).rejects.toMatchObject({ code: '22023' })
})

describe('set_shop', () => {
  const shopTmId = async (): Promise<number> =>
    Number((await world.query('select tm_id from public.shops where id = $1', [world.shopId]))[0]?.['tm_id'])

  test('a new time zone moves the days of stored ROs and marks them', async () => {
    await world.apply(bundleWith())
    await world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false])
    const shop = await world.call('set_shop', [await shopTmId(), { timezone: 'Europe/Berlin' }])
    expect(shop).toMatchObject({ timezone: 'Europe/Berlin', moved_repair_orders: 1 })
    expect(await world.ro()).toMatchObject({
      posted_date: '2026-03-05',
      completed_date: '2026-03-04',
      snapshot_stale: true,
    })
    await world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false])
    expect(
      await world.query('select metric_date from public.dirty_days where shop_id = $1 order by 1', [
        world.shopId,
      ]),
    ).toEqual([{ metric_date: '2026-03-04' }, { metric_date: '2026-03-05' }])
  })

  test('what the patch does not name stays', async () => {
    const shop = await world.call('set_shop', [await shopTmId(), { tax_rate: 0.065, sync_enabled: false }])
    expect(shop).toMatchObject({
      tax_rate: 0.065,
      sync_enabled: false,
      timezone: 'America/New_York',
      default_tech_hourly_cost: 2_500,
    })
  })

  test.each(['Mars/Olympus', 'PST', 'America/Foo+5', '+05:00', 'EST5'])(
    'a time zone %s, which IANA does not know, is refused for a new shop and for a known one',
    async (timezone) => {
      const refused = { code: '22023', message: expect.stringContaining('time zone') as string }
      await expect(world.call('ensure_shop', [9_999_999, 'x', timezone])).rejects.toMatchObject(refused)
      await expect(world.call('set_shop', [await shopTmId(), { timezone }])).rejects.toMatchObject(refused)
    },
  )

  test.each(['America/Port-au-Prince', 'America/North_Dakota/New_Salem', 'EST5EDT', 'Etc/GMT+5', 'UTC'])(
    'a time zone %s is taken',
    async (timezone) => {
      expect(await world.call('set_shop', [await shopTmId(), { timezone }])).toMatchObject({ timezone })
    },
  )

  test.each([[{ tm_id: 5 }], [{ paused_at: null }]])('%j is refused with 22023', async (patch) => {
    await expect(world.call('set_shop', [await shopTmId(), patch])).rejects.toMatchObject({ code: '22023' })
  })
})
