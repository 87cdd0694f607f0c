// Idempotency-Key, on both queue stores: the same key is the same work and the same answer, from any process, also after
// what failed on our side.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { ask, SHOP_A, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

type Json = Record<string, unknown>

describe.each(queueStores())('over $kind', (store) => {
  let world: ApiWorld
  let manager: string
  let admin: string
  beforeAll(async () => {
    world = await startApiWorld({ store })
    manager = (await world.makeKey('manager', [world.shopA.id])).key
    admin = (await world.makeKey('admin', null)).key
  })
  afterAll(() => world.close())

  const post = (path: string, token: string, headers: Record<string, string> = {}) =>
    ask(world, path, { method: 'POST', token, headers })
  const runsIn = async () => (await world.pipeline.query('select id from public.sync_log')).length

  describe('Idempotency-Key', () => {
    const path = `/api/sync/employees?shop_id=${SHOP_A}`

    test('the same key gets the same answer and the same run, also from another API process', async () => {
      const before = await runsIn()
      const key = { 'idempotency-key': 'once-1' }
      const first = await post(path, manager, key)
      expect(first.status).toBe(202)
      const again = await post(path, manager, key)
      await world.restart()
      const later = await post(path, manager, key)
      expect([again.json, later.json]).toEqual([first.json, first.json])
      expect((await runsIn()) - before).toBe(1)
    })

    test('ten at once with one key open one run; the others get its answer or are asked to come again', async () => {
      const before = await runsIn()
      const key = { 'idempotency-key': 'once-2' }
      const answers = await Promise.all(Array.from({ length: 10 }, () => post(path, manager, key)))
      const good = answers.filter(({ status }) => status === 202)
      expect(good.length).toBeGreaterThan(0)
      expect(new Set(good.map(({ json }) => json?.['run_id'])).size).toBe(1)
      for (const { status, json } of answers.filter((a) => a.status !== 202))
        expect([status, json?.['code']]).toEqual([409, 'REQUEST_UNDER_WAY'])
      expect((await runsIn()) - before).toBe(1)
    })

    test('the key of one request is refused for another; another caller may use the same key', async () => {
      const key = { 'idempotency-key': 'once-3' }
      const first = await post(path, manager, key)
      const other = await post(`/api/sync/vehicles?shop_id=${SHOP_A}`, manager, key)
      expect(other).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_KEY_REUSED' } })
      const stranger = await post(path, admin, key)
      expect(stranger.status).toBe(202)
      expect(stranger.json?.['run_id']).not.toBe(first.json?.['run_id'])
    })

    test('what is refused gives the key back', async () => {
      const key = { 'idempotency-key': 'once-4' }
      const missing = `/api/sync/repair-orders/by-number?shop_id=${SHOP_A}&ro_number=99999999`
      expect((await post(missing, manager, key)).status).toBe(404)
      expect((await post(path, manager, key)).status).toBe(202)
    })

    test('a claim whose process died is taken over, and opens the same run', async () => {
      const before = await runsIn()
      const key = { 'idempotency-key': 'once-5' }
      const first = await post(path, manager, key)
      await world.pipeline.query(
        `update public.api_requests set status = null, answer = null, answered_at = null
          where claimed_at = (select max(claimed_at) from public.api_requests)`,
      )
      expect((await post(path, manager, key)).status).toBe(409)
      await world.pipeline.query(
        "update public.api_requests set claimed_at = now() - interval '3 minutes' where status is null",
      )
      expect((await post(path, manager, key)).json).toEqual(first.json)
      expect((await runsIn()) - before).toBe(1)
    })
  })

  describe('after a 503 the same key', () => {
    const failOnce = (): void => {
      const away = new AppError('transient', 'QUEUE_STORE_AWAY', 'the queue store is away')
      vi.spyOn(world.pipeline.queueJobs.queue('discovery'), 'add').mockRejectedValueOnce(away)
    }
    const waiting = async () =>
      (await world.pipeline.queueJobs.queue('discovery').getWaiting()).map(({ name, data }) => [
        name,
        (data as Json)['run'],
      ])

    test('opens the same run, at once, and one queue job waits for it', async () => {
      const [runs, queued] = [await runsIn(), await waiting()]
      const path = `/api/sync/employees?shop_id=${SHOP_A}`
      const key = { 'idempotency-key': 'once-6' }
      failOnce()
      expect((await post(path, manager, key)).status).toBe(503)
      const again = await post(path, manager, key)
      expect(again.status).toBe(202)
      expect((await post(path, manager, key)).json).toEqual(again.json)
      expect((await runsIn()) - runs).toBe(1)
      expect((await waiting()).slice(queued.length)).toEqual([['sync-employees', again.json?.['run_id']]])
      const other = await post(`/api/sync/vehicles?shop_id=${SHOP_A}`, manager, key)
      expect(other).toMatchObject({ status: 422, json: { code: 'IDEMPOTENCY_KEY_REUSED' } })
    })

    test('goes on with the backfill it opened, whose employees come first', async () => {
      const [runs, queued] = [await runsIn(), await waiting()]
      const path = `/api/sync/full-backfill?shop_id=${SHOP_A}&start_date=2026-03-19`
      const key = { 'idempotency-key': 'once-7' }
      failOnce()
      expect((await post(path, admin, key)).status).toBe(503)
      const again = await post(path, admin, key)
      expect(again).toMatchObject({ status: 202, json: { existing: true } })
      expect((await runsIn()) - runs).toBe(1)
      expect((await waiting()).slice(queued.length)).toEqual([
        ['sync-employees', again.json?.['employees_run_id']],
        ['backfill-window', undefined],
      ])
    })
  })
})
