// Quarantine: an answer that cannot be stored keeps its cause, its payload and the money it withholds, and a later read
// that can be stored ends it.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { bundleWith, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417
const EARLY = '2026-03-05T02:00:00Z'
const LATE = '2026-03-06T02:00:00Z'

let world: WarehouseWorld
beforeAll(async () => {
  world = await createWarehouseWorld()
})
afterAll(() => world.close())
beforeEach(async () => {
  await world.startShop()
})

const cause = {
  code: 'UPSTREAM_CHANGED',
  class: 'data',
  message: 'x',
  issues: [{ path: 'estimate.total', message: 'y' }],
}
const payload = { encoding: 'gzip+base64', data: 'H4sI', bytes: 3 }
const errors = [{ table: 'repair_orders', tm_id: RO, message: 'estimate.total: y' }]

const refuse = (fetchedAt: string, fields: object = {}, run: string | null = null) =>
  world.call<{ quarantined: boolean; first: boolean; raw_payload_id: string | null }>(
    'quarantine_repair_order',
    [
      world.shopId,
      RO,
      run,
      fetchedAt,
      {
        reason: 'UPSTREAM_CHANGED: x',
        cause,
        errors,
        ro_number: 20_418,
        authorized_total: 20_000,
        content_hash: 'hash-1',
        raw: { payload },
        ...fields,
      },
    ],
  )
const quarantined = () =>
  world.query('select * from public.quarantined_repair_orders where shop_id = $1', [world.shopId])
const payloads = () =>
  world.query('select * from public.tm_raw_payloads where shop_id = $1 order by fetched_at', [world.shopId])
const readAt = (fetchedAt: string) => bundleWith((bundle) => void (bundle.fetched_at = fetchedAt))

describe('an RO whose answer is refused', () => {
  test('is in quarantine with cause, payload and the whole amount when it was never stored', async () => {
    const done = await refuse(EARLY)
    expect(done).toMatchObject({ quarantined: true, first: true })
    expect(await quarantined()).toMatchObject([
      {
        ro_tm_id: RO,
        ro_number: 20_418,
        refusals: 1,
        cause,
        raw_payload_id: done.raw_payload_id,
        stored_authorized_total: null,
        withheld_cents: 20_000,
      },
    ])
    expect(await payloads()).toMatchObject([{ id: done.raw_payload_id, entity_tm_id: RO, payload, cause }])
  })

  test('the same refusal told twice is one: it counts once and is the first both times', async () => {
    const done = await refuse(EARLY)
    expect(await refuse(EARLY)).toEqual(done)
    expect(await quarantined()).toMatchObject([{ refusals: 1 }])
  })

  test('withholds only the difference to what is stored, and nothing is known when the amount cannot be read', async () => {
    await world.apply(readAt(EARLY))
    await refuse(LATE)
    expect(await quarantined()).toMatchObject([
      { stored_authorized_total: 17_463, withheld_cents: 20_000 - 17_463 },
    ])
    await refuse('2026-03-06T03:00:00Z', { authorized_total: null })
    expect(await quarantined()).toMatchObject([{ refusals: 2, withheld_cents: null }])
    const sums = await world.call('quarantine_of', [world.shopId])
    expect(sums).toMatchObject({ count: 1, withheld_cents: 0, unknown_amount: 1 })
  })

  test('is refused again with the same answer: one row, one payload, counted', async () => {
    await refuse(EARLY)
    expect(await refuse(LATE)).toMatchObject({ quarantined: true, first: false })
    expect(await quarantined()).toMatchObject([{ refusals: 2 }])
    expect(await payloads()).toHaveLength(1)
    await refuse('2026-03-07T00:00:00Z', { content_hash: 'hash-2' })
    expect(await payloads()).toHaveLength(2)
  })

  test('has a number that people say, as an RO that is stored; what neither knows is left out', async () => {
    const shop_tm_id = Number(
      (await world.query('select tm_id from public.shops where id = $1', [world.shopId]))[0]?.['tm_id'],
    )
    const numbers = (ro: number) =>
      world.call('numbers_of_repair_orders', [
        [
          { shop_tm_id, ro },
          { shop_tm_id, ro: 5 },
          { shop_tm_id: 1, ro },
        ],
      ])
    expect(await numbers(RO)).toEqual([])
    await refuse(EARLY)
    expect(await numbers(RO)).toEqual([{ shop_tm_id, ro: RO, ro_number: 20_418 }])
    await world.apply(readAt(LATE))
    expect(await quarantined()).toEqual([])
    expect(await numbers(RO)).toEqual([{ shop_tm_id, ro: RO, ro_number: 20_418 }])
  })

  test('leaves the items waiting that were asked for after the read began', async () => {
    const { run_id } = await world.call<{ run_id: string }>('start_run', [
      world.shopId,
      'repair-orders',
      'cli',
      {},
      null,
    ])
    await world.call('record_run_items', [run_id, world.shopId, [{ ro: RO, outcome: 'pending' }]])
    const progress = () => world.call('run_progress', [run_id])
    await refuse(EARLY, { read_age_ms: 5_000 })
    expect(await progress()).toMatchObject({ failed: 0, pending: 1 })
    await refuse(LATE, { read_age_ms: 0 })
    expect(await progress()).toMatchObject({ failed: 1, pending: 0 })
  })

  test('fails its waiting run items with table, TM id and message', async () => {
    const run = (
      await world.call<{ run_id: string }>('start_run', [world.shopId, 'repair-orders', 'cli', {}, null])
    ).run_id
    await world.call('record_run_items', [run, world.shopId, [{ ro: RO, outcome: 'pending' }]])
    const { raw_payload_id } = await refuse(EARLY, {}, run)
    expect(await world.call('run_progress', [run])).toMatchObject({
      failed: 1,
      pending: 0,
      failures: [{ ro: RO, reason: 'UPSTREAM_CHANGED: x', errors }],
    })
    const items = await world.query('select details from public.sync_run_items where run_id = $1', [run])
    expect(items).toMatchObject([{ details: { cause, errors, raw_payload_id } }])
  })
})

describe('quarantine ends', () => {
  test('with a later read that is stored, also when it changes nothing', async () => {
    await world.apply(readAt(EARLY))
    await refuse(LATE)
    expect(await world.apply(readAt('2026-03-06T03:00:00Z'))).toMatchObject({ outcome: 'unchanged' })
    expect(await quarantined()).toEqual([])
  })

  test('not with a read that began before the refused one', async () => {
    await refuse(LATE)
    await world.apply(readAt(EARLY))
    expect(await quarantined()).toHaveLength(1)
  })

  test('before it begins, for a refusal older than the stored read', async () => {
    await world.apply(readAt(LATE))
    expect(await refuse(EARLY)).toMatchObject({ quarantined: false, first: false })
    expect(await quarantined()).toEqual([])
    expect(await payloads()).toHaveLength(1)
  })

  test('with the deletion of the RO', async () => {
    await world.apply(readAt(EARLY))
    await refuse(LATE)
    const miss = (at: string) => world.call('mark_repair_order_deleted', [world.shopId, RO, at, null])
    await miss('2026-03-07T00:00:00Z')
    expect(await quarantined()).toHaveLength(1)
    await miss('2026-03-08T00:00:00Z')
    expect(await quarantined()).toEqual([])
  })
})

describe('raw payloads', () => {
  const withRaw = (bundle: ReturnType<typeof bundleWith>, data: string) =>
    world.call('apply_repair_order', [
      { ...bundle, shop_id: world.shopId, run_id: null, raw: { payload: { ...payload, data } } },
    ])

  test('are written with the RO and kept once per content; an equal read only says that TM still gave it', async () => {
    await withRaw(readAt(EARLY), 'one')
    await withRaw(readAt(LATE), 'two')
    expect(await payloads()).toMatchObject([
      { payload: { data: 'one' }, cause: null, fetched_at: '2026-03-06 02:00:00+00' },
    ])
    await withRaw(
      laterBundle(1, (bundle) => void (bundle.repair_order.notes = 'x')),
      'three',
    )
    expect(await payloads()).toHaveLength(2)
  })

  test('of a read that came too late are not kept', async () => {
    await withRaw(readAt(LATE), 'one')
    await withRaw(
      bundleWith((bundle) => {
        bundle.fetched_at = EARLY
        bundle.repair_order.notes = 'older'
      }),
      'two',
    )
    expect(await payloads()).toHaveLength(1)
  })

  test('go after a week, except the evidence of an RO that is still in quarantine', async () => {
    await withRaw(readAt(EARLY), 'one')
    await refuse(LATE)
    await world.query(
      "update public.tm_raw_payloads set expires_at = now() - interval '1 second' where shop_id = $1",
      [world.shopId],
    )
    await world.call('purge_expired', [])
    expect(await payloads()).toMatchObject([{ cause }])
    await world.apply(readAt('2026-03-07T00:00:00Z'))
    await world.call('purge_expired', [])
    expect(await payloads()).toEqual([])
    await withRaw(
      laterBundle(1, () => undefined),
      'kept',
    )
    const [row] = await world.query(
      "select expires_at between now() + interval '6 days 23 hours' and now() + interval '7 days' as week from public.tm_raw_payloads where shop_id = $1",
      [world.shopId],
    )
    expect(row).toEqual({ week: true })
  })
})

describe('forced writing', () => {
  test('repairs lines that were damaged by hand, from the same content, without going back in time', async () => {
    await world.apply(readAt(EARLY))
    await world.apply(readAt(LATE))
    await world.query('update public.job_parts set total = total + 1 where shop_id = $1', [world.shopId])
    expect(await world.apply(readAt(EARLY))).toMatchObject({ outcome: 'stale' })
    const forced = { ...readAt(EARLY), force: true, shop_id: world.shopId, run_id: null }
    expect(await world.call('apply_repair_order', [forced])).toMatchObject({ outcome: 'updated' })
    const [{ total } = { total: 0 }] = await world.query(
      'select sum(total)::int as total from public.job_parts where shop_id = $1',
      [world.shopId],
    )
    expect(total).toBe(6_444)
    // The newest look still counts: a read between the two is too late.
    const between = laterBundle(0, (bundle) => void (bundle.fetched_at = '2026-03-05T12:00:00Z'))
    expect((await world.apply({ ...between, content_hash: 'x' })).outcome).toBe('stale')
  })

  test('never writes another content over a newer read', async () => {
    await world.apply(readAt(LATE))
    const older = bundleWith((bundle) => {
      bundle.fetched_at = EARLY
      bundle.repair_order.notes = 'older'
    })
    const forced = { ...older, force: true, shop_id: world.shopId, run_id: null }
    expect(await world.call('apply_repair_order', [forced])).toMatchObject({ outcome: 'stale' })
  })
})

describe('drift of fields', () => {
  const report = (...fields: { kind: string; path: string }[]) =>
    world.call('report_field_drift', [world.shopId, fields.map((field) => ({ ...field, ro: RO }))])

  test('is one row per field, with the first and the newest report', async () => {
    const field = { kind: 'unknown', path: 'header.newThing' }
    expect(await report(field, field)).toEqual({ new: ['header.newThing'], accepted: [] })
    expect(await report(field)).toEqual({ new: [], accepted: [] })
    expect(
      await world.query('select path, reports, ro_tm_id from public.tm_field_drift where shop_id = $1', [
        world.shopId,
      ]),
    ).toEqual([{ path: 'header.newThing', reports: 2, ro_tm_id: RO }])
  })

  test('a field that is gone may be accepted, and no longer', async () => {
    const field = { kind: 'gone', path: 'estimate.authorizedTotal' }
    await report(field)
    const accept = (yes: boolean) => world.call('accept_field_drift', [world.shopId, field.path, yes])
    expect(await accept(true)).toEqual({ changed: true })
    expect(await accept(true)).toEqual({ changed: false })
    expect(await report(field)).toEqual({ new: [], accepted: [field.path] })
    expect(await accept(false)).toEqual({ changed: true })
    expect(await report(field)).toEqual({ new: [], accepted: [] })
  })
})
