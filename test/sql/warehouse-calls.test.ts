// The warehouse's client against a real API: every call once, errors by class, and a report of each round trip.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DatabaseRejected } from '../../src/core/errors.ts'
import { failureClassOfCode, type CallReport } from '../../src/core/warehouse/rpc.ts'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { bundleWith } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

const RO = 318_204_417

describe.each(apiBackends)('through %s', (backend) => {
  let world: WarehouseWorld
  let api: TestApi
  let warehouse: Warehouse
  let calls: CallReport[]
  let shopId: string
  beforeAll(async () => {
    world = await createWarehouseWorld()
    api = await startTestApi(world.database, { backend })
    warehouse = createWarehouse({
      url: api.url,
      serviceKey: api.serviceKey,
      onCall: (call) => calls.push(call),
    })
  })
  afterAll(async () => {
    await api.close()
    await world.close()
  })
  beforeEach(async () => {
    calls = []
    shopId = await world.startShop()
  })

  test('an RO goes from its read to the day it counts on, one round trip a step', async () => {
    const { runId } = await warehouse.runs.start({
      shopId,
      kind: 'repair-orders',
      trigger: 'cli',
      params: { daysBack: 3 },
    })
    await warehouse.runs.recordItems({ runId, shopId, items: [{ ro: RO, outcome: 'pending' }] })
    const bundle = { ...bundleWith(), fetched_at: new Date().toISOString() }
    calls = []
    expect(await warehouse.repairOrders.apply({ shopId, runId, bundle })).toMatchObject({
      outcome: 'created',
      snapshotStale: true,
      counts: { jobs: 1, parts: 2, labor: 2, sublets: 1, fees: 1 },
    })
    expect(await warehouse.repairOrders.refreshSnapshot({ shopId, roTmId: RO })).toEqual({
      outcome: 'written',
      affectedDates: ['2026-03-04'],
    })
    const day = await warehouse.metrics.refreshDay({ shopId, date: '2026-03-04' })
    expect(day).toMatchObject({
      changed: true,
      deleted: false,
      row: { ro_count: 1, authorized_revenue: 17_544 },
    })
    expect(calls.map(({ name, ok }) => [name, ok])).toEqual([
      ['apply_repair_order', true],
      ['refresh_ro_snapshot', true],
      ['refresh_daily_metrics', true],
    ])
    expect(await warehouse.metrics.daily({ shopId, from: '2026-03-01', to: '2026-03-31' })).toMatchObject([
      { metric_date: '2026-03-04', ro_count: 1, labor_hours: 0.6 },
    ])
    expect(
      await warehouse.runs.closeListing({ runId, listing: { pages: 1, truncated: true } }),
    ).toMatchObject({ status: 'syncing', truncated: true })
    expect(await warehouse.runs.finish({ runId })).toMatchObject({
      status: 'finished',
      created: 1,
      fetched: 1,
      failures: [],
    })
    expect(await warehouse.runs.finishOpen()).toEqual({ finished: 0 })
  })

  test('shops are made, changed, paused and resumed', async () => {
    const tmId = 900_000 + Math.trunc(Math.random() * 90_000)
    const made = await warehouse.shops.ensure({ tmId, name: 'North' })
    expect(made.created).toBe(true)
    expect(await warehouse.shops.ensure({ tmId, name: 'Other' })).toEqual({
      shopId: made.shopId,
      created: false,
    })
    expect(
      await warehouse.shops.set({ tmId, patch: { timezone: 'America/Denver', features: { beta: true } } }),
    ).toMatchObject({ timezone: 'America/Denver', features: { beta: true }, movedRepairOrders: 0 })
    expect(await warehouse.shops.pause({ shopId: made.shopId, reason: 'token refused' })).toEqual({
      changed: true,
    })
    expect(await warehouse.shops.pause({ shopId: made.shopId, reason: 'again' })).toEqual({ changed: false })
    const listed = (await warehouse.shops.list()).find((shop) => shop.tmId === tmId)
    expect(listed).toMatchObject({
      id: made.shopId,
      name: 'North',
      pauseReason: 'token refused',
      syncEnabled: true,
    })
    expect(listed?.pausedAt).not.toBeNull()
    expect(await warehouse.shops.resume({ shopId: made.shopId })).toEqual({ changed: true })
    expect(await warehouse.tokens.read({ shopId: made.shopId })).toBeNull()
    await world.query("insert into public.tm_tokens (shop_id, token) values ($1, 'secret')", [made.shopId])
    expect(await warehouse.tokens.read({ shopId: made.shopId })).toEqual({ token: 'secret', expiresAt: null })
  })

  test('a cursor read is a cursor that can be moved', async () => {
    expect(await warehouse.cursors.get({ shopId, entityType: 'employees' })).toBeNull()
    const step = { shopId, entityType: 'employees', state: { rows: 1 } }
    await world.query(
      "insert into public.sync_cursors (shop_id, entity_type, cursor_at) values ($1, 'employees', '2026-03-04T01:02:03.123456Z')",
      [shopId],
    )
    const read = await warehouse.cursors.get({ shopId, entityType: 'employees' })
    expect(
      await warehouse.cursors.advance({
        ...step,
        expected: read?.cursor ?? null,
        next: '2026-03-05T00:00:00Z',
      }),
    ).toMatchObject({ advanced: true })
    expect(await warehouse.cursors.get({ shopId, entityType: 'employees' })).toMatchObject({
      state: { rows: 1 },
    })
    expect(
      await warehouse.cursors.advance({ ...step, expected: null, next: '2026-03-06T00:00:00Z' }),
    ).toMatchObject({ advanced: false })
  })

  test('an RO is found by its number or by its TM id, of its shop only', async () => {
    await warehouse.repairOrders.apply({ shopId, runId: null, bundle: bundleWith() })
    const found = { tmId: RO, roNumber: 20_418, status: 'POSTED' }
    expect(await warehouse.repairOrders.find({ shopId, numberOrTmId: 20_418 })).toMatchObject(found)
    expect(await warehouse.repairOrders.find({ shopId, numberOrTmId: RO })).toMatchObject(found)
    const other = await world.startShop()
    expect(await warehouse.repairOrders.find({ shopId: other, numberOrTmId: RO })).toBeNull()
  })

  test('operators get one summary, with every table and its security', async () => {
    await warehouse.repairOrders.apply({ shopId, runId: null, bundle: bundleWith() })
    const { runId } = await warehouse.runs.start({
      shopId,
      kind: 'repair-orders',
      trigger: 'cli',
      params: {},
    })
    await warehouse.runs.failItem({
      shopId,
      roTmId: 5,
      runId,
      reason: 'estimate did not parse',
      details: { path: 'jobs.0' },
      readAgeMs: 0,
    })
    const summary = await warehouse.operations.summary()
    expect(summary).toMatchObject({ rls_everywhere: true, failed_by_reason: { 'estimate did not parse': 1 } })
    expect(Object.keys(summary.tables)).toHaveLength(34)
    expect(await warehouse.operations.purgeExpired()).toEqual({ rawPayloads: 0, syncLog: 0 })
  })

  test('employees are upserted, and the same list again changes nothing', async () => {
    const rows = [
      { tm_id: 1, first_name: 'Ann', hourly_rate: 3_000, status: 'ACTIVE' as const },
      { tm_id: 2, lite: true },
    ]
    expect(await warehouse.employees.upsert({ shopId, rows })).toEqual({
      created: 2,
      updated: 0,
      unchanged: 0,
    })
    expect(await warehouse.employees.upsert({ shopId, rows })).toEqual({
      created: 0,
      updated: 0,
      unchanged: 2,
    })
  })

  test('a refused value is of class data, with its SQLSTATE', async () => {
    const wrong = warehouse.shops.ensure({ tmId: 1, name: 'x', timezone: 'Mars/Olympus' })
    await expect(wrong).rejects.toMatchObject({
      failureClass: 'data',
      details: { call: 'ensure_shop', sqlstate: '22023' },
    })
    await expect(warehouse.runs.progress({ runId: randomUUID() })).rejects.toMatchObject({
      failureClass: 'data',
    })
    expect(calls.at(-1)).toMatchObject({ name: 'run_progress', ok: false })
  })

  test('a refused key is a bug of the setup, and nothing of it is in the message', async () => {
    const stranger = createWarehouse({ url: api.url, serviceKey: api.anonKey })
    const refused = await stranger.operations.backlog().catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(DatabaseRejected)
    expect(refused).toMatchObject({ failureClass: 'bug' })
    expect(String(refused)).not.toContain(api.anonKey)
  })

  test('an API that is away is transient', async () => {
    const away = createWarehouse({ url: 'http://127.0.0.1:1', serviceKey: api.serviceKey })
    await expect(away.shops.list()).rejects.toMatchObject({ failureClass: 'transient' })
    await expect(away.operations.backlog()).rejects.toMatchObject({ failureClass: 'transient' })
  })

  test('a call that takes too long is given up as transient', async () => {
    const slow = createWarehouse({
      url: api.url,
      serviceKey: api.serviceKey,
      timeoutMs: 30,
      fetch: (_url, init) =>
        new Promise((_resolve, reject) =>
          init?.signal?.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    })
    await expect(slow.operations.backlog()).rejects.toMatchObject({ failureClass: 'transient' })
  })
})

test.each([
  ['40P01', 500, 'transient'],
  ['40001', 500, 'transient'],
  ['57014', 500, 'transient'],
  ['53300', 503, 'transient'],
  ['08006', 503, 'transient'],
  ['55P03', 500, 'transient'],
  ['PGRST000', 503, 'transient'],
  ['SUP', 500, 'transient'],
  [undefined, 0, 'transient'],
  [undefined, 502, 'transient'],
  ['', 429, 'transient'],
  ['22P02', 400, 'data'],
  ['23505', 409, 'data'],
  ['42883', 404, 'bug'],
  ['42501', 401, 'bug'],
  ['PGRST202', 404, 'bug'],
  ['PGRST301', 401, 'bug'],
  ['XX000', 500, 'bug'],
  [undefined, 401, 'bug'],
] as const)('code %s with status %i is of class %s', (code, status, failureClass) => {
  expect(failureClassOfCode(code, status)).toBe(failureClass)
})
