// apply_repair_order: what one read of an RO leaves behind.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aJob, aLabor, bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type Row, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const lines = async (table: string): Promise<Row[]> =>
  world.query(`select * from public.${table} where shop_id = $1 order by line_no`, [world.shopId])

describe('a new RO', () => {
  test('is stored with header, parties, jobs and lines', async () => {
    const applied = await world.apply(bundleWith())
    expect(applied).toMatchObject({
      outcome: 'created',
      snapshot_stale: true,
      counts: { jobs: 1, parts: 2, labor: 2, sublets: 1, fees: 1 },
    })
    const ro = await world.ro()
    expect(ro).toMatchObject({
      id: applied.repair_order_id,
      status: 'POSTED',
      posted_date: '2026-03-04',
      completed_date: '2026-03-04',
      authorized_parts: 6_444,
      authorized_labor: 11_100,
      authorized_sublet: 11_900,
      authorized_fees: 350,
      authorized_discount: 500,
      authorized_tax: 419,
      authorized_subtotal: 29_294,
      authorized_gp_percent: 68.9,
      authorized_labor_hours: 0.6,
      potential_parts: 6_444,
      potential_sublet: 11_900,
      potential_job_count: 1,
      snapshot_stale: true,
    })
    const [part] = await lines('job_parts')
    expect(part).toMatchObject({ quantity: 5.5, cost: 512, retail: 899, total: 4_945, line_no: 1 })
    const people = await world.query(
      'select tm_id, is_placeholder, last_name from public.employees where shop_id = $1 order by tm_id',
      [world.shopId],
    )
    expect(people).toEqual([
      { tm_id: 200_311, is_placeholder: true, last_name: 'One' },
      { tm_id: 200_457, is_placeholder: true, last_name: 'Alpha' },
    ])
    const [vehicle] = await world.query(
      'select v.make, c.last_name from public.vehicles v join public.customers c on c.id = v.customer_id where v.shop_id = $1',
      [world.shopId],
    )
    expect(vehicle).toEqual({ make: 'Honda', last_name: 'Customer' })
  })

  test('keeps the three states of authorized', async () => {
    await world.apply(
      bundleWith((bundle) => {
        bundle.jobs = [true, false, null].map((authorized, i) =>
          aJob({ tm_id: 10 + i, authorized, sort_order: i }),
        )
      }),
    )
    const rows = await world.query(
      'select authorized from public.jobs where shop_id = $1 order by sort_order',
      [world.shopId],
    )
    expect(rows.map((row) => row['authorized'])).toEqual([true, false, null])
  })

  test('of an unknown shop is refused with 22023', async () => {
    const bundle = { ...bundleWith(), shop_id: '00000000-0000-4000-8000-000000000000', run_id: null }
    await expect(world.call('apply_repair_order', [bundle])).rejects.toMatchObject({ code: '22023' })
  })

  test('that does not qualify for a snapshot is not marked', async () => {
    const applied = await world.apply(
      bundleWith(({ repair_order }) =>
        Object.assign(repair_order, { status: 'WORKINPROGRESS', status_id: 2 }),
      ),
    )
    expect(applied.snapshot_stale).toBe(false)
    expect(await world.ro()).toMatchObject({ snapshot_stale: false, stale_since: null })
  })
})

describe('an RO read again', () => {
  test('unchanged writes no row and moves no updated_at', async () => {
    await world.apply(bundleWith())
    const before = await world.everything()
    const applied = await world.apply(
      laterBundle(0, (bundle) => void (bundle.fetched_at = '2026-03-05T03:00:00.000Z')),
    )
    expect(applied).toMatchObject({ outcome: 'unchanged', snapshot_stale: false })
    expect(await world.everything()).toBe(before)
  })

  test('changed in its header leaves equal parts, sublets and fees in place', async () => {
    await world.apply(bundleWith())
    const before = await lines('job_parts')
    const applied = await world.apply(
      laterBundle(5, ({ repair_order }) => void (repair_order.notes = 'Call before noon')),
    )
    expect(applied).toMatchObject({ outcome: 'updated', snapshot_stale: false })
    expect(await lines('job_parts')).toEqual(before)
    expect((await world.ro())['notes']).toBe('Call before noon')
  })

  test('has its lines replaced as a set', async () => {
    await world.apply(bundleWith())
    await world.apply(
      laterBundle(5, (bundle) => {
        const job = jobOf(bundle)
        job.parts = job.parts.slice(1).map((part) => ({ ...part, line_no: 1, tm_id: 99 }))
        job.sublets = []
        bundle.fees = []
      }),
    )
    expect(await lines('job_parts')).toMatchObject([{ tm_id: 99, line_no: 1, total: 1_499 }])
    expect(await lines('job_sublets')).toEqual([])
    expect(await lines('job_fees')).toEqual([])
    expect(await world.ro()).toMatchObject({ ro_fees_known: true, authorized_fees: 0 })
  })

  test('loses the jobs that vanished upstream, to the last one', async () => {
    await world.apply(bundleWith())
    await world.apply(laterBundle(5, (bundle) => void (bundle.jobs = [])))
    expect(await world.query('select 1 from public.jobs where shop_id = $1', [world.shopId])).toEqual([])
    expect(await lines('job_parts')).toEqual([])
    expect(await world.ro()).toMatchObject({ potential_job_count: 0, authorized_parts: 0 })
  })

  test('keeps the id of a job that stays', async () => {
    await world.apply(bundleWith())
    const [before] = await world.query('select id from public.jobs where shop_id = $1', [world.shopId])
    await world.apply(laterBundle(5, (bundle) => void (jobOf(bundle).name = 'Renamed')))
    expect(await world.query('select id, name from public.jobs where shop_id = $1', [world.shopId])).toEqual([
      { ...before, name: 'Renamed' },
    ])
  })

  test('un-posted has no posted date, whatever date TM still sends', async () => {
    await world.apply(bundleWith())
    await world.apply(
      laterBundle(5, ({ repair_order }) =>
        Object.assign(repair_order, { status: 'WORKINPROGRESS', status_id: 2 }),
      ),
    )
    expect(await world.ro()).toMatchObject({
      posted_date: null,
      completed_date: null,
      posted_at: '2026-03-05 01:12:09+00',
    })
  })

  test('un-posted after its snapshot was built is marked, so that the snapshot goes', async () => {
    await world.apply(bundleWith())
    await world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false])
    const applied = await world.apply(
      laterBundle(5, ({ repair_order }) =>
        Object.assign(repair_order, { status: 'WORKINPROGRESS', status_id: 2 }),
      ),
    )
    expect(applied.snapshot_stale).toBe(true)
  })

  test('with status 7 is deleted and keeps its row and lines', async () => {
    await world.apply(bundleWith())
    const applied = await world.apply(
      laterBundle(5, ({ repair_order }) =>
        Object.assign(repair_order, { status: 'DELETED', status_id: 7, deleted_at: '2026-03-06T00:00:00Z' }),
      ),
    )
    expect(applied.outcome).toBe('deleted')
    expect(await world.ro()).toMatchObject({
      status: 'DELETED',
      posted_date: null,
      deleted_at: '2026-03-06 00:00:00+00',
    })
    expect(await lines('job_parts')).toHaveLength(2)
  })

  test('that comes back after a deletion is alive again', async () => {
    await world.apply(bundleWith())
    await world.apply(
      laterBundle(5, ({ repair_order }) => Object.assign(repair_order, { status: 'DELETED', status_id: 7 })),
    )
    await world.apply(laterBundle(9, () => undefined))
    expect(await world.ro()).toMatchObject({ status: 'POSTED', deleted_at: null, posted_date: '2026-03-04' })
  })

  test('takes over a job that TM moved here, and the other RO is applied at its next read', async () => {
    await world.apply(bundleWith())
    await world.apply(
      bundleWith((bundle) => {
        bundle.repair_order.tm_id = 2
        jobOf(bundle).parts = []
      }),
    )
    const jobs = await world.query(
      'select r.tm_id from public.jobs j join public.repair_orders r on r.id = j.repair_order_id where j.shop_id = $1',
      [world.shopId],
    )
    expect(jobs).toEqual([{ tm_id: 2 }])
    expect(await world.apply(bundleWith())).toMatchObject({ outcome: 'updated' })
    expect(await lines('job_parts')).toHaveLength(2)
  })
})

describe('parties', () => {
  test('a null never erases what the lists brought', async () => {
    await world.call('upsert_customers', [
      world.shopId,
      [{ tm_id: 55_120_388, first_name: 'Full', last_name: 'Record', company_name: 'Acme', city: 'Albany' }],
    ])
    await world.apply(
      bundleWith(
        (bundle) =>
          void (bundle.customer = {
            tm_id: 55_120_388,
            first_name: null,
            last_name: 'Record',
            company_name: null,
          }),
      ),
    )
    expect(
      await world.query(
        'select first_name, company_name, city, is_placeholder from public.customers where shop_id = $1',
        [world.shopId],
      ),
    ).toEqual([{ first_name: 'Full', company_name: 'Acme', city: 'Albany', is_placeholder: false }])
  })

  test('an RO without customer and vehicle is stored without them', async () => {
    await world.apply(
      bundleWith((bundle) => {
        bundle.customer = null
        bundle.vehicle = null
        bundle.repair_order.customer_tm_id = null
        bundle.repair_order.vehicle_tm_id = null
      }),
    )
    expect(await world.ro()).toMatchObject({ customer_id: null, vehicle_id: null })
  })

  test('a technician an RO names without mentioning becomes a placeholder', async () => {
    await world.apply(
      bundleWith((bundle) => {
        bundle.employees = []
        jobOf(bundle).labor = [aLabor({ technician_tm_id: 777 })]
      }),
    )
    const [line] = await world.query(
      'select e.tm_id, e.is_placeholder from public.job_labor l join public.employees e on e.id = l.technician_id where l.shop_id = $1',
      [world.shopId],
    )
    expect(line).toEqual({ tm_id: 777, is_placeholder: true })
  })
})
