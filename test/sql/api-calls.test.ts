// What the HTTP API asks of the warehouse, through each API it may stand behind: machine keys, requests with their answers,
// acts, runs and events.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { makeMachineKey } from '../../src/core/auth/machine-key.ts'
import { createLogger } from '../../src/core/logger.ts'
import type { EventPlace } from '../../src/core/warehouse/api-requests.ts'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { createEventFeed } from '../../src/producers/http/api/event-feed.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { bundleWith, jobOf, laterBundle } from './support/bundles.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

describe.each(apiBackends)('through %s', (backend) => {
  let world: WarehouseWorld
  let api: TestApi
  let warehouse: Warehouse
  let shopId: string
  beforeAll(async () => {
    world = await createWarehouseWorld()
    api = await startTestApi(world.database, { backend })
    warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
    shopId = await world.startShop()
  })
  afterAll(async () => {
    await api.close()
    await world.close()
  })

  const openRun = async (shop: string) =>
    (await warehouse.runs.start({ shopId: shop, kind: 'repair-orders', trigger: 'api', params: {} })).runId

  test('a machine key opens its shops until it is revoked, and only its hash is stored', async () => {
    const { access } = warehouse
    const { key, keyHash, hint } = makeMachineKey()
    const wish = { name: 'dashboard', keyHash, hint, role: 'manager', shops: [shopId] } as const
    const { keyId } = await access.createKey(wish)
    expect(await access.useKey({ keyHash })).toEqual({
      id: keyId,
      name: 'dashboard',
      role: 'manager',
      shops: [shopId],
    })
    const [listed] = await access.listKeys()
    expect(listed).toMatchObject({ keyId, hint, revokedAt: null, lastUsedAt: expect.any(String) })
    expect(JSON.stringify(await world.query('select * from public.machine_keys'))).not.toContain(key)
    await access.revokeKey({ keyId })
    expect(await access.useKey({ keyHash })).toBeNull()
    await expect(access.revokeKey({ keyId: randomUUID() })).rejects.toMatchObject({ failureClass: 'data' })
    await expect(access.createKey({ ...wish, keyHash: keyHash.replace(/^./, 'x') })).rejects.toThrow(
      'refused',
    )
    await expect(access.createKey({ ...wish, shops: [randomUUID()] })).rejects.toThrow('no such shop')
  })

  test('a paused schedule stays as it was paused first, until it is resumed', async () => {
    const { schedules } = warehouse
    const schedule = 'discover-board.4321'
    expect(await schedules.pause({ schedule, by: 'cli' })).toEqual({ changed: true })
    expect(await schedules.pause({ schedule, by: 'key:another' })).toEqual({ changed: false })
    expect(await schedules.pauses()).toEqual([{ schedule, pausedAt: expect.any(String), pausedBy: 'cli' }])
    await expect(schedules.pause({ schedule: 'No Schedule', by: 'cli' })).rejects.toMatchObject({
      failureClass: 'data',
    })
    expect(await schedules.resume({ schedule })).toEqual({ changed: true })
    expect(await schedules.resume({ schedule })).toEqual({ changed: false })
    expect(await schedules.pauses()).toEqual([])
  })

  test('a use is remembered at most once a minute, so that a busy caller writes nothing', async () => {
    const { keyHash, hint } = makeMachineKey()
    await warehouse.access.createKey({ name: 'busy', keyHash, hint, role: 'employee', shops: null })
    const version = async () =>
      (await world.query('select xmin::text from public.machine_keys where key_hash = $1', [keyHash]))[0]
    await warehouse.access.useKey({ keyHash })
    const used = await version()
    await warehouse.access.useKey({ keyHash })
    expect(await version()).toEqual(used)
  })

  test('of many claims of one key one is new, and the answer is kept until it is a day old', async () => {
    const { apiRequests } = warehouse
    const request = { caller: 'user:u', keyHash: 'k1', fingerprint: 'f' }
    const states = await Promise.all(Array.from({ length: 8 }, () => apiRequests.claim(request)))
    expect(states.map(({ state }) => state).toSorted()).toEqual([...Array<string>(7).fill('busy'), 'new'])
    await apiRequests.settle(request, { status: 202, body: { run_id: 'r' } })
    expect(await apiRequests.claim(request)).toEqual({
      state: 'answered',
      status: 202,
      answer: { run_id: 'r' },
    })
    expect(await apiRequests.claim({ ...request, fingerprint: 'g' })).toEqual({ state: 'other' })
    await apiRequests.settle(request, null)
    expect((await apiRequests.claim(request)).state).toBe('answered')
    await world.query("update public.api_requests set claimed_at = now() - interval '25 hours'")
    await warehouse.operations.purgeExpired()
    expect((await apiRequests.claim(request)).state).toBe('new')
  })

  test('after a failure of ours one of many claims takes over, at once and as the same; what is refused is forgotten', async () => {
    const { apiRequests } = warehouse
    const request = { caller: 'user:u', keyHash: 'k2', fingerprint: 'f' }
    const first = await apiRequests.claim(request)
    await apiRequests.settle(request, { status: 503, body: {} })
    expect(await apiRequests.claim({ ...request, fingerprint: 'g' })).toEqual({ state: 'other' })
    const claims = await Promise.all(Array.from({ length: 8 }, () => apiRequests.claim(request)))
    expect(claims.filter(({ state }) => state !== 'busy')).toEqual([first])
    await apiRequests.settle(request, null)
    const anew = await apiRequests.claim({ ...request, fingerprint: 'g' })
    expect(anew).toMatchObject({ state: 'new' })
    expect(anew).not.toEqual(first)
  })

  test('resyncs open a run each, in the order given, whose only item waits', async () => {
    const wishes = [7, 5, 6].map((ro) => ({ shopId, ro }))
    const runIds = await warehouse.runs.openResyncs({ wishes, trigger: 'api' })
    for (const [i, runId] of runIds.entries()) {
      expect(await warehouse.runs.progress({ runId })).toMatchObject({
        status: 'syncing',
        pending: 1,
        fetched: 1,
      })
      const items = await warehouse.runs.items({ runId, limit: 10 })
      expect(items).toMatchObject([{ ro: wishes[i]?.ro, outcome: 'pending', settledAt: null }])
    }
  })

  test('runs come in pages without a gap or a repetition, newest first, filtered by shop, kind and state', async () => {
    const mine = await world.startShop()
    const start = (kind: string) =>
      warehouse.runs.start({ shopId: mine, kind, trigger: 'api', params: {} }).then(({ runId }) => runId)
    const ids: string[] = []
    for (const kind of ['employees', 'vehicles', 'employees', 'employees', 'vehicles'])
      ids.unshift(await start(kind))
    const seen: string[] = []
    let before: { startedAt: string; runId: string } | undefined
    for (;;) {
      const page = await warehouse.runs.list({ shopIds: [mine], before, limit: 2 })
      seen.push(...page.map(({ runId }) => runId))
      before = page.at(-1)
      if (page.length < 2) break
    }
    expect(seen).toEqual(ids)
    const count = async (filter: object) =>
      (await warehouse.runs.list({ shopIds: [mine], limit: 100, ...filter })).length
    expect([await count({ kind: 'vehicles' }), await count({ status: 'finished' })]).toEqual([2, 0])
    expect([await count({ shopIds: [] }), await count({ shopIds: [shopId] })]).toEqual([
      0,
      expect.any(Number),
    ])
  })

  test('outcomes of a run come in pages by RO', async () => {
    const { runId } = await warehouse.runs.start({
      shopId,
      kind: 'repair-orders',
      trigger: 'api',
      params: {},
    })
    const items = [3, 1, 2].map((ro) => ({
      ro,
      outcome: ro === 2 ? ('skipped' as const) : ('pending' as const),
    }))
    await warehouse.runs.recordItems({ runId, shopId, items })
    const ros = async (filter: object) =>
      (await warehouse.runs.items({ runId, limit: 2, ...filter })).map(({ ro }) => ro)
    expect([await ros({}), await ros({ after: 2 }), await ros({ outcome: 'skipped' })]).toEqual([
      [1, 2],
      [3],
      [2],
    ])
  })

  test('events tell what happened after a moment: the outcome of an RO once, however many runs waited for it', async () => {
    const { now } = await warehouse.apiRequests.events({ after: null, limit: 1 })
    const [one = '', two = ''] = await warehouse.runs.openResyncs({
      wishes: [
        { shopId, ro: 99 },
        { shopId, ro: 99 },
      ],
      trigger: 'api',
    })
    await warehouse.runs.failItem({
      shopId,
      roTmId: 99,
      runId: null,
      reason: 'away',
      details: {},
      readAgeMs: 0,
    })
    const { events } = await warehouse.apiRequests.events({ after: { at: now }, limit: 100 })
    const ros = events.filter(({ event }) => event === 'ro-synced')
    expect(ros).toMatchObject([{ shop_id: shopId, data: { ro: 99, outcome: 'failed' } }])
    const started = events.filter(({ event, data }) => event === 'run' && data['status'] === 'started')
    expect(new Set(started.map(({ data }) => data['run_id']))).toEqual(new Set([one, two]))
  })

  test('events tell of an RO read without a run (a webhook), and of a read of an open run once, with how far the run is', async () => {
    const mine = await world.startShop()
    const ro = 318_204_417
    const moment = async () => (await warehouse.apiRequests.events({ after: null, limit: 1 })).now
    const since = async (after: string) =>
      (await warehouse.apiRequests.events({ after: { at: after }, limit: 100 })).events.filter(
        (event) => event.shop_id === mine,
      )
    const outcomes = async (after: string) =>
      (await since(after)).filter(({ event }) => event === 'ro-synced').map(({ data }) => data)
    const first = await moment()
    await world.apply(bundleWith())
    await world.apply({ ...bundleWith(), fetched_at: '2026-03-05T02:01:00Z' })
    expect(await outcomes(first)).toEqual([{ ro, outcome: 'unchanged', run_id: null }])
    const second = await moment()
    await world.apply(laterBundle(2, (bundle) => (jobOf(bundle).name = 'Brakes')))
    expect(await outcomes(second)).toEqual([{ ro, outcome: 'updated', run_id: null }])

    const third = await moment()
    const start = { shopId: mine, kind: 'repair-orders', trigger: 'api', params: {} }
    const { runId } = await warehouse.runs.start(start)
    const items = [ro, 5].map((one) => ({ ro: one, outcome: 'pending' as const }))
    await warehouse.runs.recordItems({ runId, shopId: mine, items })
    await world.apply(
      laterBundle(3, () => undefined),
      runId,
    )
    const events = await since(third)
    expect(await outcomes(third)).toEqual([{ ro, outcome: expect.any(String), run_id: runId }])
    expect(events.filter(({ event }) => event === 'run').map(({ data }) => data)).toMatchObject([
      { run_id: runId, status: 'started' },
      { run_id: runId, status: 'listing', fetched: 2, pending: 1, failed: 0 },
    ])
  })

  test('pages of events that share a moment go on one behind the other', async () => {
    const { now } = await warehouse.apiRequests.events({ after: null, limit: 3 })
    const mine = await world.startShop()
    const wishes = [...Array(5).keys()].map((ro) => ({ shopId: mine, ro }))
    const opened = await warehouse.runs.openResyncs({ wishes, trigger: 'api' })
    await world.call('fail_run_item', [mine, 0, null, 'x', {}])
    await world.query("update sync_run_items set outcome = 'failed', settled_at = now() where shop_id = $1", [
      mine,
    ])
    const told: string[] = []
    for (let after: EventPlace | null = { at: now }; after !== null;) {
      const page: Awaited<ReturnType<typeof warehouse.apiRequests.events>> =
        await warehouse.apiRequests.events({ after, limit: 3 })
      for (const { event, data } of page.events)
        told.push([event, data['ro'] ?? data['run_id'], data['status']].join(' '))
      after = page.next
    }
    const expected = opened.flatMap((run, ro) => [
      `ro-synced ${ro} `,
      `run ${run} started`,
      `run ${run} syncing`,
    ])
    expect(told.toSorted()).toEqual(expected.toSorted())
  })

  test('a feed tells 1,500 events of one moment once each, by a clock an hour ahead, and what commits late', async () => {
    vi.useFakeTimers({ now: Date.now() + 3_600_000, toFake: ['Date'] })
    const feed = createEventFeed({ warehouse, log: createLogger({ level: 'silent' }), everyMs: 20 })
    onTestFinished(() => {
      feed.close()
      vi.useRealTimers()
    })
    const mine = await world.startShop()
    const ended: string[] = []
    const outcomes: unknown[] = []
    feed.listen(({ event, shop_id, data }) => {
      if (shop_id !== mine) return
      if (event === 'run' && data['status'] === 'finished') ended.push(String(data['run_id']))
      if (event === 'ro-synced') outcomes.push(data['ro'])
    })
    const late = await world.connect()
    await late.query('begin')
    await world.call('fail_run_item', [mine, 77, await openRun(mine), 'x', {}], late)
    await world.query(
      `insert into sync_log (shop_id, kind, trigger, status)
       select $1, 'repair-orders', 'api', 'syncing' from generate_series(1, 1500)`,
      [mine],
    )
    await world.call('finish_open_runs', [])
    await expect.poll(() => ended.length, { timeout: 10_000 }).toBe(1_500)
    await world.call('fail_run_item', [mine, 78, await openRun(mine), 'x', {}])
    await expect.poll(() => outcomes).toEqual([78])
    await late.query('commit')
    await expect.poll(() => outcomes).toEqual([78, 77])
    expect(new Set(ended).size).toBe(ended.length)
    expect(ended).toHaveLength(1_500)
  })

  test('acts are appended in one call', async () => {
    const act = {
      at: new Date().toISOString(),
      actorKind: 'user',
      actorId: 'u',
      actorName: null,
      act: 'POST /api/sync/employees',
      shopId,
      target: { days_back: 3 },
      status: 202,
      requestId: 'r-1',
    } as const
    expect(await warehouse.apiRequests.recordActs([act, { ...act, shopId: null, status: 403 }])).toEqual({
      recorded: 2,
    })
  })
})
