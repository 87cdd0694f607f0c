// Customers and vehicles between the ROs that name them and the lists that describe them: who owns what, who is unknown,
// what a run counts, and what happens when an RO and a list meet.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const CUSTOMER = 55_120_388
const VEHICLE = 71_940_226
const BUYER = 55_120_999

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

interface Counts {
  readonly created: number
  readonly updated: number
  readonly unchanged: number
}
interface Unknown {
  readonly unlisted: number
  readonly fresh: number
  readonly tm_ids: readonly number[]
  readonly list_pages: number | null
}

const upsert = (what: 'customers' | 'vehicles', rows: readonly object[], run: string | null = null) =>
  world.call<Counts>(`upsert_${what}`, [world.shopId, rows, run])
const stored = (table: string, columns: string) =>
  world.query(`select ${columns} from public.${table} where shop_id = $1 order by tm_id`, [world.shopId])
const unknown = (limit = 10) =>
  world.call<{ customers: Unknown; vehicles: Unknown }>('unknown_parties', [world.shopId, limit])
const lookedUp = (kind: string, ids: readonly number[]) =>
  world.call('mark_parties_looked_up', [world.shopId, kind, ids])
const startRun = async (kind: string) =>
  (await world.call<{ run_id: string }>('start_run', [world.shopId, kind, 'cli', {}, null])).run_id
/** An RO whose answer does not say who owns the vehicle, as TM's header. */
const silentOwner = (minutes: number, customer = CUSTOMER) =>
  laterBundle(minutes, (bundle) => {
    bundle.repair_order.customer_tm_id = customer
    bundle.repair_order.notes = `read after ${minutes}`
    Object.assign(bundle.customer ?? {}, { tm_id: customer })
    Object.assign(bundle.vehicle ?? {}, { customer_tm_id: null })
  })

describe('the owner of a vehicle', () => {
  const owner = async () => (await stored('vehicles', 'customer_tm_id'))[0]?.['customer_tm_id']

  test('is the customer of the RO that names it first, until TM says who it is', async () => {
    await world.apply(silentOwner(0))
    expect(await owner()).toBe(CUSTOMER)
    await upsert('vehicles', [{ tm_id: VEHICLE, customer_tm_id: BUYER, make: 'Honda' }])
    expect(await owner()).toBe(BUYER)
  })

  test('stays the buyer when an RO of the former owner is read again', async () => {
    await world.apply(silentOwner(0))
    await upsert('vehicles', [{ tm_id: VEHICLE, customer_tm_id: BUYER, make: 'Honda' }])
    expect(await world.apply(silentOwner(5))).toMatchObject({ outcome: 'updated' })
    expect(await owner()).toBe(BUYER)
    expect(await world.ro()).toMatchObject({ customer_tm_id: CUSTOMER })
    const [link] = await world.query(
      'select c.tm_id from public.vehicles v join public.customers c on c.id = v.customer_id where v.shop_id = $1',
      [world.shopId],
    )
    expect(link).toEqual({ tm_id: BUYER })
  })

  test('follows an RO whose vehicle names its owner itself', async () => {
    await world.apply(silentOwner(0))
    await world.apply(
      laterBundle(5, (bundle) => void Object.assign(bundle.vehicle ?? {}, { customer_tm_id: BUYER })),
    )
    expect(await owner()).toBe(BUYER)
  })
})

describe('what an RO says of a customer in full', () => {
  test('a newer full record replaces old values, also with nothing', async () => {
    const full = {
      tm_id: CUSTOMER,
      first_name: 'Ann',
      email: ['a@example.com'],
      phone_primary: '5550100',
      notes: 'x',
    }
    await upsert('customers', [full])
    await world.apply(bundleWith())
    await upsert('customers', [
      { tm_id: CUSTOMER, first_name: 'Ann', email: [], phone_primary: null, notes: null },
    ])
    expect(await stored('customers', 'first_name, email, phone_primary, notes, is_placeholder')).toEqual([
      { first_name: 'Ann', email: [], phone_primary: null, notes: null, is_placeholder: false },
    ])
  })
})

describe('who is unknown', () => {
  test('an RO says so until its customer and vehicle were seen in full', async () => {
    expect(await world.apply(bundleWith())).toMatchObject({ parties_unknown: true })
    await upsert('customers', [{ tm_id: CUSTOMER }])
    expect(await world.apply(bundleWith())).toMatchObject({ outcome: 'unchanged', parties_unknown: true })
    await upsert('vehicles', [{ tm_id: VEHICLE, customer_tm_id: CUSTOMER }])
    expect(await world.apply(bundleWith())).toMatchObject({ parties_unknown: false })
  })

  test('is listed oldest first, and apart when the last complete list did not show them', async () => {
    await upsert('vehicles', [{ tm_id: 9, customer_tm_id: 300 }])
    await world.query(`update public.customers set created_at = now() - interval '1 hour' where tm_id = 300`)
    const at = new Date(Date.now() - 60_000).toISOString()
    await world.call('advance_cursor', [world.shopId, 'customers', null, at, { pages: 7 }])
    await upsert('vehicles', [{ tm_id: 9, customer_tm_id: 200 }])
    await upsert('vehicles', [{ tm_id: 9, customer_tm_id: 100 }])
    expect(await unknown(2)).toEqual({
      customers: { unlisted: 1, fresh: 2, tm_ids: [300, 200], list_pages: 7 },
      vehicles: { unlisted: 0, fresh: 0, tm_ids: [], list_pages: null },
    })
  })

  test('is not asked for again after TM had nothing, and the list still fills the row', async () => {
    await world.apply(bundleWith())
    expect(await lookedUp('customers', [CUSTOMER])).toEqual({ marked: 1 })
    expect(await lookedUp('vehicles', [VEHICLE])).toEqual({ marked: 1 })
    expect(await world.apply(bundleWith())).toMatchObject({ parties_unknown: false })
    expect((await unknown()).customers).toMatchObject({ unlisted: 0, fresh: 0 })
    expect(await world.call('pipeline_backlog', [world.shopId])).toMatchObject({ unknown_parties: 0 })
    await upsert('customers', [{ tm_id: CUSTOMER, last_name: 'Late' }])
    expect(await stored('customers', 'last_name, is_placeholder, looked_up_at')).toEqual([
      { last_name: 'Late', is_placeholder: false, looked_up_at: null },
    ])
  })

  test('an ordinary row is never marked as asked for in vain', async () => {
    await upsert('customers', [{ tm_id: CUSTOMER }])
    expect(await lookedUp('customers', [CUSTOMER])).toEqual({ marked: 0 })
    await expect(lookedUp('shops', [1])).rejects.toMatchObject({ code: '22023' })
  })

  test('the sweep finds the shop, once the ordinary way had its time', async () => {
    await world.apply(bundleWith())
    const [{ tm_id } = {}] = await world.query('select tm_id from public.shops where id = $1', [world.shopId])
    const marks = async (seconds: number) =>
      (await world.call<{ unknown_parties: number[] }>('dirty_marks', [seconds, 10])).unknown_parties
    expect(await marks(60)).not.toContain(tm_id)
    expect(await marks(0)).toContain(tm_id)
  })
})

describe('the run of a list', () => {
  const progress = (run: string) =>
    world.call<Counts & { fetched: number; failed: number }>('run_progress', [run])
  const close = (run: string, listing: object) => world.call('close_listing', [run, listing])

  test('counts each row once by its first outcome, however often the list is read', async () => {
    await upsert('customers', [{ tm_id: 1 }, { tm_id: 2 }])
    const run = await startRun('customers')
    const page = [{ tm_id: 1 }, { tm_id: 2, notes: 'new' }, { tm_id: 3 }]
    expect(await upsert('customers', page, run)).toEqual({ created: 1, updated: 1, unchanged: 1 })
    // The walk failed after this page and starts again; meanwhile TM changed the third.
    expect(
      await upsert('customers', [{ tm_id: 1 }, { tm_id: 2, notes: 'new' }, { tm_id: 3, notes: 'x' }], run),
    ).toEqual({
      created: 0,
      updated: 1,
      unchanged: 1,
    })
    await close(run, { seen: 4, unchanged: 1, failed: 1, refused: [{ id: 4, reason: 'year is too large' }] })
    await world.call('finish_run', [run])
    expect(await progress(run)).toMatchObject({
      status: 'finished',
      fetched: 4,
      created: 1,
      updated: 1,
      unchanged: 1,
      failed: 1,
      refused: [{ id: 4, reason: 'year is too large' }],
    })
    const [log] = await world.query(
      'select fetched, created, updated, unchanged, failed from public.sync_log where id = $1',
      [run],
    )
    expect(log).toEqual({ fetched: 4, created: 1, updated: 1, unchanged: 1, failed: 1 })
  })

  test('unchanged rows leave no trace in it', async () => {
    await upsert('vehicles', [{ tm_id: 1 }])
    const run = await startRun('vehicles')
    await upsert('vehicles', [{ tm_id: 1 }], run)
    expect(await world.query('select 1 from public.sync_run_items where run_id = $1', [run])).toEqual([])
  })
})

describe('an RO and a list that meet', () => {
  test.each(['customers', 'vehicles'] as const)(
    'a placeholder that an RO inserts meanwhile becomes the full record of the list of %s',
    async (what) => {
      const other = await world.connect()
      const list = await world.connect()
      const [{ pid } = { pid: 0 }] = (await list.query<{ pid: number }>('select pg_backend_pid() as pid'))
        .rows
      await other.query('begin')
      await world.apply(bundleWith(), null, other)
      const id = what === 'customers' ? CUSTOMER : VEHICLE
      const writing = world.call<Counts>(
        `upsert_${what}`,
        [world.shopId, [{ tm_id: id, notes: 'full' }]],
        list,
      )
      const waits = async () =>
        (await world.query('select 1 from pg_locks where not granted and pid = $1', [pid])).length
      await expect.poll(waits, { timeout: 10_000 }).toBe(1)
      await other.query('commit')
      expect(await writing).toEqual({ created: 0, updated: 1, unchanged: 0 })
      expect(await stored(what, 'notes, is_placeholder')).toEqual([{ notes: 'full', is_placeholder: false }])
    },
  )
})

describe('the token of a shop', () => {
  const set = (token: string, expires: string | null = null) =>
    world.call('set_shop_token', [world.shopId, token, expires])

  test('is stored and replaced without ever being answered', async () => {
    const answers = [
      await set('first-secret'),
      await set('second-secret', '2030-01-01T00:00:00Z'),
      await world.call('list_shop_tokens', []),
    ]
    expect(answers).toMatchObject([
      { replaced: false, expires_at: null },
      { replaced: true },
      [{ expires_at: '2030-01-01T00:00:00+00:00' }],
    ])
    expect(JSON.stringify(answers)).not.toContain('secret')
    expect(await storedToken()).toEqual([{ token: 'second-secret' }])
  })
  const storedToken = () =>
    world.query('select token from public.tm_tokens where shop_id = $1', [world.shopId])

  test('must be one, of a shop that exists', async () => {
    await expect(set('  ')).rejects.toMatchObject({ code: '22023' })
    const nobody = '00000000-0000-4000-8000-000000000000'
    await expect(world.call('set_shop_token', [nobody, 'a-token', null])).rejects.toMatchObject({
      code: '22023',
    })
  })
})
