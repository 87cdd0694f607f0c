// Asking for work over the API, on both queue stores: what the answers promise holds, with and without waiting, and every act
// is in the audit log. Once per Idempotency-Key: api-idempotency.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ask, SHOP_A, SHOP_B, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import type { AnswerTime } from '../../src/producers/http/answer-times.ts'
import { queueStores } from '../support/queue-store.ts'

type Json = Record<string, unknown>

/** Why something failed, as a careless error says it. */
const TELLTALE = 'refused x-auth-token: canary-secret-value-12345 and Bearer canary-secret-bearer'

describe.each(queueStores())('over $kind', (store) => {
  let world: ApiWorld
  let manager: string
  let admin: string
  const answered: AnswerTime[] = []
  beforeAll(async () => {
    world = await startApiWorld({
      store,
      app: { times: { mostWait: 1_500 }, onAnswer: (answer) => answered.push(answer) },
    })
    manager = (await world.makeKey('manager', [world.shopA.id])).key
    admin = (await world.makeKey('admin', null)).key
  })
  afterAll(() => world.close())

  const post = (path: string, token: string, headers: Record<string, string> = {}) =>
    ask(world, path, { method: 'POST', token, headers })
  const anyRo = () =>
    world.pipeline.simulator.truth().repairOrders.find(({ shopTmId }) => shopTmId === SHOP_A)

  test('every answer is timed under its route, refused ones too, but not one that was asked to wait', async () => {
    answered.length = 0
    await post(`/api/sync/repair-orders/${anyRo()?.id}?shop_id=${SHOP_A}`, 'nobody')
    await post(`/api/sync/customers?shop_id=${SHOP_A}&wait=true`, manager)
    await ask(world, '/login', {})
    await ask(world, '/api/nothing', {})
    await ask(world, `/api/failed?shop_id=${SHOP_A}`, { token: manager })
    expect(answered).toEqual([
      { route: 'POST /api/sync/repair-orders/{ro_id}', status: 401, ms: expect.any(Number) },
      { route: 'GET /api/failed', status: 200, ms: expect.any(Number) },
    ])
    for (const { ms } of answered) expect(ms).toBeGreaterThan(0)
  })

  describe('a targeted resync', () => {
    test('is queued once, and whoever asks meanwhile gets the run that waits', async () => {
      const ro = anyRo()?.id
      const path = `/api/sync/repair-orders/${ro}?shop_id=${SHOP_A}`
      const first = await post(path, manager)
      expect(first).toMatchObject({ status: 202, json: { ro, result: 'queued' } })
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(path, manager)))
      for (const { json } of answers) expect(json).toEqual({ ...first.json, result: 'coalesced' })
      expect(await world.pipeline.queueJobs.queue('repair-orders').getPrioritizedCount()).toBe(1)
    })

    test('of one that is being read is read once more afterwards, in a run of its own', async () => {
      const ro = world.pipeline.simulator
        .truth()
        .repairOrders.filter(({ shopTmId }) => shopTmId === SHOP_A)[1]
      const path = `/api/sync/repair-orders/${ro?.id}?shop_id=${SHOP_A}`
      const first = await post(path, manager)
      let release = () => undefined as void
      const held = new Promise<void>((resolve) => (release = resolve))
      const ran: unknown[] = []
      const worker = world.pipeline.store.worker(
        'repair-orders',
        async (job) => {
          ran.push((job.data as Json)['run'])
          if ((job.data as Json)['ro'] === ro?.id) await held
        },
        { concurrency: 4 },
      )
      await expect.poll(() => ran).toContain(first.json?.['run_id'])
      const next = await post(path, manager)
      expect(next.json).toMatchObject({ result: 'queued-after-active' })
      expect(next.json?.['run_id']).not.toBe(first.json?.['run_id'])
      const third = await post(path, manager)
      expect(third.json).toEqual(next.json)
      release()
      await expect.poll(() => ran.filter((run) => run === next.json?.['run_id'])).toHaveLength(1)
      await worker.close()
    })

    test('goes by the number people say, and names a number that nobody knows', async () => {
      const ro = anyRo()
      const by = (number: number | undefined) =>
        post(`/api/sync/repair-orders/by-number?shop_id=${SHOP_A}&ro_number=${number}`, manager)
      expect(await by(ro?.number)).toMatchObject({ status: 202, json: { ro: ro?.id } })
      expect(await by(99_999_999)).toMatchObject({ status: 404, json: { errors: [{ path: 'ro_number' }] } })
      const both = await post(`/api/sync/repair-orders/1?shop_id=${SHOP_A}&ro_number=2`, manager)
      expect(both).toMatchObject({ status: 400, json: { errors: [{ path: 'ro_number' }] } })
    })
  })

  describe('waiting', () => {
    test('ends with 202 and how far it is when the time is over first', async () => {
      const answer = await post(`/api/sync/customers?shop_id=${SHOP_A}&wait=true`, manager)
      expect(answer).toMatchObject({ status: 202, json: { finished: false, run: { status: 'listing' } } })
      expect(answer.json).not.toHaveProperty('shop_paused_at')
      const pause = async (at: string) => {
        await world.pipeline.query(`update public.shops set paused_at = ${at} where tm_id = ${SHOP_A}`)
        world.pipeline.services.shops.forget()
      }
      await pause('now()')
      const paused = await post(`/api/sync/customers?shop_id=${SHOP_A}&wait=true`, manager)
      expect(paused.json).toMatchObject({ finished: false, shop_paused_at: expect.any(String) })
      await pause('null')
    })

    test('ends with 200 and the counts of the run, of the days and of a backfill', async () => {
      const working = await startApiWorld({ store, workers: true })
      const { key } = await working.makeKey('admin', null)
      const wait = (path: string) => ask(working, `${path}&wait=true`, { method: 'POST', token: key })
      const synced = await wait(`/api/sync/repair-orders?shop_id=${SHOP_A}&days_back=6&store_raw=true`)
      expect(synced).toMatchObject({
        status: 200,
        json: { finished: true, run: { status: 'finished', failed: 0, pending: 0 } },
      })
      const kept = await working.pipeline.query('select id from public.tm_raw_payloads')
      const run = (synced.json?.['run'] ?? {}) as Json
      expect(kept.length).toBeGreaterThan(5)
      expect(kept).toHaveLength(Number(run['created']))
      const today = new Date(working.pipeline.simulator.truth().now)
      const day = (back: number) => new Date(today.getTime() - back * 86_400_000).toISOString().slice(0, 10)
      const range = `shop_id=${SHOP_A}&start_date=${day(6)}&end_date=${day(0)}`
      const { json } = await ask(working, `/api/metrics/daily?${range}`, { token: key })
      expect(json?.['rows']).not.toEqual([])
      expect(await wait(`/api/metrics/daily/rebuild?${range}`)).toMatchObject({
        status: 200,
        json: { finished: true, left: { snapshots: 0, days: 0 } },
      })
      const backfill = await wait(`/api/sync/full-backfill?shop_id=${SHOP_B}&start_date=${day(6)}`)
      expect(backfill).toMatchObject({
        status: 200,
        json: { existing: false, finished: true, backfill: { status: 'finished', ros: { failed: 0 } } },
      })
      expect(backfill.json?.['calls']).toMatchObject({ total: expect.any(Number) })
      const look = (path: string) => ask(working, path, { token: key })
      const followed = await look(String(backfill.json?.['link']))
      expect(followed).toMatchObject({ status: 200, json: { backfill: backfill.json?.['backfill'] } })
      const { runs } = (await look(`/api/runs?shop_id=${SHOP_B}&kind=repair-orders`)).json as { runs: Json[] }
      expect(runs.map((one) => one['backfill_id'])).toEqual(runs.map(() => backfill.json?.['backfill_id']))
      expect(runs).toHaveLength(7)
      expect((await look(`/api/runs/${String(run['run_id'])}`)).json).toMatchObject({
        run: { backfill_id: null },
      })
      expect(await look('/api/backfills/00000000-0000-4000-8000-000000000000')).toMatchObject({
        status: 404,
        json: { code: 'NO_SUCH_BACKFILL' },
      })
      await working.close()
    })
  })

  test('what failed is listed, previewed and asked for again, of the own shop only', async () => {
    const queue = world.pipeline.queueJobs.queue('metrics')
    for (const shop of [SHOP_A, SHOP_B])
      await queue.add('rebuild-day', { shop, date: '2026-03-04' }, { attempts: 1 })
    const worker = world.pipeline.store.worker('metrics', async () => {
      throw new Error(TELLTALE)
    })
    await expect.poll(() => queue.getFailedCount(), { timeout: 10_000 }).toBe(2)
    await worker.close()
    const { json } = await ask(world, `/api/failed?shop_id=${SHOP_A}`, { token: manager })
    expect(json).toMatchObject({ failed: [{ name: 'rebuild-day', shop_tm_id: SHOP_A, class: 'bug' }] })
    expect((await ask(world, '/api/failed', { token: manager })).json).toMatchObject({
      errors: [{ path: 'shop_id' }],
    })
    expect((await ask(world, '/api/failed', { token: admin })).json?.['failed']).toHaveLength(2)
    expect((await ask(world, '/api/failed?ro_number=4711', { token: admin })).json).toMatchObject({
      errors: [{ path: 'shop_id', message: 'is required with ro_number' }],
    })
    const retry = `/api/failed/retry?shop_id=${SHOP_A}`
    expect(await post(retry, manager)).toMatchObject({ status: 200, json: { preview: true, matched: 1 } })
    expect(await queue.getFailedCount()).toBe(2)
    expect(await post(`${retry}&preview=false`, manager)).toMatchObject({
      status: 202,
      json: { preview: false, retried: 1 },
    })
    expect(await queue.getFailedCount()).toBe(1)
  })

  test('the summary tells the state of everything, and a person what to do', async () => {
    const { status, json } = await ask(world, '/api/ops/summary', { token: admin })
    expect(status).toBe(200)
    expect(json).toMatchObject({ version: '0.0.0-test', service_key_in_use: true, rls_everywhere: true })
    expect(json).toMatchObject({ failed: 1, failed_by_class: { bug: 1 }, failed_by_class_of_newest: 500 })
    expect(json?.['todos']).toEqual(
      expect.arrayContaining(['1 queue jobs have failed: warehouse failed list']),
    )
    expect(Object.keys(json?.['tables'] as Json)).toContain('audit_log')
    // What workers of other processes use is not known here, and the names say so.
    const { budget } = json as { budget: Json[] }
    expect(Object.keys(budget[0] ?? {})).toEqual([
      'shop_tm_id',
      'used_last_minute_by_this_process',
      'current_per_minute_to_this_process',
    ])
  })

  test('every act is in the audit log with who, what and outcome, refused ones too, and without a secret', async () => {
    await world.restart() // Its end writes what earlier tests did.
    await world.pipeline.query('delete from public.audit_log')
    await post(`/api/sync/employees?shop_id=${SHOP_A}`, manager)
    await post(`/api/sync/employees?shop_id=${SHOP_B}`, manager)
    await ask(world, `/api/sync/vehicles?shop_id=${SHOP_A}`, { token: manager })
    await ask(world, '/api/runs', { token: manager })
    await ask(world, '/admin/queues/api/queues/metrics/pause', { method: 'PUT', token: admin })
    await ask(world, '/admin/queues/api/queues/metrics/resume', { method: 'PUT', token: admin })
    const acts = () =>
      world.pipeline.query(
        'select actor_kind, actor_name, act, shop_id, target, status from public.audit_log order by id',
      )
    const who = { actor_kind: 'key', actor_name: 'manager key', target: {} }
    const boss = { actor_kind: 'key', actor_name: 'admin key', target: {}, shop_id: null }
    const queue = '/admin/queues/api/queues/metrics'
    await expect.poll(acts).toEqual([
      { ...who, act: 'POST /api/sync/employees', shop_id: world.shopA.id, status: 202 },
      { ...who, act: 'POST /api/sync/employees', shop_id: null, status: 403 },
      { ...who, act: 'GET /api/sync/vehicles', shop_id: world.shopA.id, status: 202 },
      { ...boss, act: `PUT ${queue}/pause`, status: 200 },
      { ...boss, act: `PUT ${queue}/resume`, status: 200 },
    ])
    const everything = JSON.stringify(await world.pipeline.query('select * from public.audit_log'))
    const lines = world.pipeline.lines.map((line) => JSON.stringify(line)).join('\n')
    for (const key of [manager, admin]) {
      expect(everything).not.toContain(key)
      expect(lines).not.toContain(key)
    }
  })

  test('runs come page by page without a gap or a repetition', async () => {
    const page = async (query: string) => {
      const { json } = await ask(world, `/api/runs?${query}`, { token: admin })
      const { runs, next } = json as { runs: Json[]; next: string | null }
      return { ids: runs.map((one) => one['run_id']), next }
    }
    const all = await page('limit=100')
    expect(all.ids.length).toBeGreaterThan(6)
    const seen: unknown[] = []
    for (let next: string | null = ''; next !== null;) {
      const part = await page(`limit=5${next === '' ? '' : `&after=${next}`}`)
      seen.push(...part.ids)
      next = part.next
    }
    expect(seen).toEqual(all.ids)
  })

  test('a reason that quotes a secret is told without it, wherever reasons are told', async () => {
    const { runs, backfills, quarantine } = world.pipeline.services.warehouse
    const shopId = world.shopA.id
    const { runId } = await runs.start({ shopId, kind: 'repair-orders', trigger: 'api', params: {} })
    const refusal = { reason: TELLTALE, cause: { reason: TELLTALE }, errors: [], roNumber: null }
    await quarantine.put({
      shopId,
      roTmId: 1,
      runId,
      fetchedAt: new Date().toISOString(),
      refusal: { ...refusal, authorizedTotal: null, raw: null },
    })
    await runs.fail({ runId, error: { reason: TELLTALE } })
    const wish = {
      from: '2026-03-19',
      to: '2026-03-20',
      windowDays: 1,
      trigger: 'cli',
      forecast: {},
    } as const
    const { backfillId } = await backfills.open({ shopId: world.shopB.id, ...wish })
    await backfills.claim({ backfillId })
    await backfills.failWindow({ backfillId, position: 0, error: { reason: TELLTALE } })
    await world.pipeline.query('update public.shops set paused_at = now(), pause_reason = $1', [TELLTALE])
    for (const path of [
      '/api/runs',
      `/api/runs/${runId}`,
      `/api/runs/${runId}/events`,
      `/api/backfills/${backfillId}`,
      '/api/failed',
      '/api/ops/summary',
    ]) {
      const { text } = await ask(world, path, { token: admin })
      expect([path, text.includes('[secret]')]).toEqual([path, true])
      expect(text).not.toMatch(/canary-secret/)
    }
  })
})
