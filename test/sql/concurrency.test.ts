// Many workers, one database: readers see whole ROs, the newest read wins, nobody deadlocks.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type pg from 'pg'
import type { RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import { aJob, bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let world: WarehouseWorld
let clients: pg.Client[]
beforeAll(async () => {
  world = await createWarehouseWorld()
  clients = await Promise.all(Array.from({ length: 6 }, () => world.connect()))
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const clientAt = (i: number): pg.Client => {
  const client = clients[i % clients.length]
  if (client === undefined) throw new Error('no client')
  return client
}

/** Runs the tasks on all clients at once, each client one after the other. */
const spread = async <T>(tasks: readonly ((client: pg.Client) => Promise<T>)[]): Promise<T[]> => {
  const shares = clients.map(async (client, i) => {
    const done: T[] = []
    for (const task of tasks.filter((_, n) => n % clients.length === i)) done.push(await task(client))
    return done
  })
  return (await Promise.all(shares)).flat()
}

/** Version `n` of the RO: header note, job names and part totals all say `n`. */
const version = (n: number): RepairOrderBundle =>
  laterBundle(n, (bundle) => {
    bundle.repair_order.notes = String(n)
    const [part] = jobOf(bundle).parts
    if (part === undefined) throw new Error('the bundle has no part')
    bundle.jobs = [1, 2, 3].map((i) =>
      aJob({ tm_id: i, name: String(n), parts: [{ ...part, line_no: 1, total: n }] }),
    )
  })

test('a reader never sees half an RO (G2)', async () => {
  await world.apply(version(1))
  const reader = clientAt(0)
  const seen = new Set<string>()
  let writing = true
  const read = async (): Promise<void> => {
    while (writing) {
      const { rows } = await reader.query<{ versions: string[] }>(
        `select array_agg(distinct v) as versions from (
           select r.notes as v from public.repair_orders r where r.shop_id = $1
           union all select j.name from public.jobs j where j.shop_id = $1
           union all select p.total::text from public.job_parts p where p.shop_id = $1
           union all select (r.potential_parts / 3)::text from public.repair_orders r where r.shop_id = $1
         ) x`,
        [world.shopId],
      )
      const versions = rows[0]?.versions ?? []
      expect(versions).toHaveLength(1)
      seen.add(String(versions[0]))
    }
  }
  const reading = read()
  for (let n = 2; n <= 40; n += 1) await world.apply(version(n), null, clientAt(1))
  writing = false
  await reading
  expect(seen.size).toBeGreaterThan(3)
})

test('whatever the interleaving of workers, the newest read is what stays (G3)', async () => {
  for (let round = 0; round < 8; round += 1) {
    await world.startShop()
    const order = [1, 2, 3, 4, 5, 6].toSorted((a, b) => ((a * 7 + round * 5) % 6) - ((b * 7 + round * 5) % 6))
    const applied = await Promise.all(order.map((n, i) => world.apply(version(n), null, clientAt(i))))
    expect(applied.filter(({ outcome }) => outcome === 'created')).toHaveLength(1)
    expect(await world.ro()).toMatchObject({ notes: '6', potential_parts: 18 })
    expect(
      await world.query('select distinct name from public.jobs where shop_id = $1', [world.shopId]),
    ).toEqual([{ name: '6' }])
  }
})

test('ROs of the same customer, vehicle and people are written side by side without a deadlock', async () => {
  const bundles = Array.from({ length: 60 }, (_, i) =>
    bundleWith((bundle) => {
      bundle.repair_order.tm_id = 1_000 + i
      jobOf(bundle).tm_id = 5_000 + i
      bundle.customer = {
        tm_id: 55_120_388,
        first_name: `Name ${i % 3}`,
        last_name: 'Customer',
        company_name: null,
      }
      bundle.employees = [200_457, 200_311, 7, 8, 9]
        .map((tm_id) => ({ tm_id, first_name: `N${i % 4}`, last_name: null }))
        .toSorted(() => (i % 2) - 0.5)
    }),
  )
  const applied = await spread(
    bundles.map((bundle) => (client: pg.Client) => world.apply(bundle, null, client)),
  )
  expect(applied.every(({ outcome }) => outcome === 'created')).toBe(true)
  expect(
    await world.query('select count(*) as n from public.customers where shop_id = $1', [world.shopId]),
  ).toEqual([{ n: 1 }])
  expect(
    await world.query('select count(*) as n from public.employees where shop_id = $1', [world.shopId]),
  ).toEqual([{ n: 5 }])
})

test('a snapshot built beside writes of the same RO never loses the mark of the last one', async () => {
  for (let round = 0; round < 6; round += 1) {
    await world.startShop()
    await world.apply(version(1))
    await Promise.all([
      world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false], clientAt(0)),
      world.apply(
        laterBundle(50, ({ repair_order }) =>
          Object.assign(repair_order, { status: 'WORKINPROGRESS', status_id: 2 }),
        ),
        null,
        clientAt(1),
      ),
      world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false], clientAt(2)),
    ])
    await world.call('refresh_ro_snapshot', [world.shopId, 318_204_417, false])
    expect(
      await world.query('select 1 from public.ro_snapshots where shop_id = $1 and counted', [world.shopId]),
    ).toEqual([])
    expect(await world.ro()).toMatchObject({ snapshot_stale: false })
  }
})

/** Leaves `first` open, starts `second` beside it, and ends `first` and commits it once `second` waits (or is through). */
const overlap = async (
  first: (client: pg.Client) => Promise<unknown>,
  second: (client: pg.Client) => Promise<unknown>,
  endOfFirst: (client: pg.Client) => Promise<unknown> = async () => undefined,
): Promise<void> => {
  const [one, two] = [clientAt(0), clientAt(1)]
  const { rows } = await two.query<{ pid: number }>('select pg_backend_pid() as pid')
  await one.query('begin')
  await first(one)
  let through = false
  const running = second(two).then(() => (through = true))
  await expect
    .poll(async () => {
      const waits = await world.query('select 1 from pg_locks where pid = $1 and not granted', [rows[0]?.pid])
      return through || waits.length > 0
    })
    .toBe(true)
  await endOfFirst(one)
  await one.query('commit')
  await running
}

test('an RO that is found again while a person undoes its deletion stays found', async () => {
  await world.apply(version(1))
  const at = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString()
  for (const observedAt of [at(0), at(10)])
    await world.call('mark_repair_order_deleted', [world.shopId, 318_204_417, observedAt, null])
  let undone: unknown
  await overlap(
    (client) => world.apply({ ...version(2), fetched_at: at(20) }, null, client),
    async (client) => {
      undone = await world.call('undo_deletions', [world.shopId, null, 318_204_417], client)
    },
  )
  expect(undone).toEqual({ dropped: [], restored: [] })
  expect(
    await world.query('select state from public.repair_order_deletions where shop_id = $1', [world.shopId]),
  ).toEqual([{ state: 'restored' }])
})

describe('an RO written while the time zone of its shop changes ends on the new zone', () => {
  const newYork = async (client: pg.Client): Promise<unknown> => {
    const [shop] = await world.query('select tm_id from public.shops where id = $1', [world.shopId])
    return world.call('set_shop', [shop?.['tm_id'], { timezone: 'America/New_York' }], client)
  }
  test('and beside a snapshot that moves two proven days, without a deadlock', async () => {
    await world.startShop('UTC')
    // The later day lies first in the table.
    for (const day of ['2026-03-05', '2026-03-04'])
      await world.query(
        `insert into public.reconciliations (shop_id, metric_date, state, listed_at) values ($1, $2, 'proven', now())`,
        [world.shopId, day],
      )
    const lockDay = (day: string) => (client: pg.Client) =>
      client.query(
        'select from public.reconciliations where shop_id = $1 and metric_date = $2 for no key update',
        [world.shopId, day],
      )
    await overlap(lockDay('2026-03-04'), newYork, lockDay('2026-03-05'))
    expect(
      await world.query('select distinct reason from public.reconciliations where shop_id = $1', [
        world.shopId,
      ]),
    ).toEqual([{ reason: 'timezone_changed' }])
  })

  test('when the change comes first', async () => {
    await world.startShop('UTC')
    await overlap(newYork, (client) => world.apply(bundleWith(), null, client))
    expect(await world.ro()).toMatchObject({ posted_date: '2026-03-04' })
  })

  test('when the RO comes first', async () => {
    await world.startShop('UTC')
    await overlap((client) => world.apply(bundleWith(), null, client), newYork)
    expect(await world.ro()).toMatchObject({ posted_date: '2026-03-04' })
  })
})
