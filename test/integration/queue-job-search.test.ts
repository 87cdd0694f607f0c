// Queue jobs of one RO found by its number, on both queue stores: whatever queue and state they are in, in a long line too, after a
// retry by hand, and none of another RO or shop.
import type { Worker } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { buildSnapshot } from '../../src/workers/jobs/build-snapshot.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { ask, SHOP_A, SHOP_B, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

interface Found {
  readonly queue: string
  readonly name: string
  readonly id: string
  readonly state: string
  readonly link: string
  readonly failure: { readonly class: string; readonly reason: string } | null
}

describe.each(queueStores())('on $kind', (store) => {
  let world: ApiWorld
  let token: string
  let ro: { readonly id: number; readonly number: number }
  const workers: Worker[] = []
  beforeAll(async () => {
    world = await startApiWorld({ store, workers: false })
    token = (await world.makeKey('employee', [world.shopA.id])).key
    const found = world.pipeline.simulator.truth().repairOrders.find(({ shopTmId }) => shopTmId === SHOP_A)
    if (found === undefined) throw new Error('the simulator has no RO')
    ro = found
  })
  afterEach(async () => {
    for (const worker of workers.splice(0)) await worker.close()
    for (const queue of world.pipeline.queueJobs.all()) await queue.obliterate({ force: true })
  })
  afterAll(() => world.close())

  const search = async (query = `ro_number=${ro.number}`) => {
    const { status, json } = await ask(world, `/api/queue-jobs?shop_id=${SHOP_A}&${query}`, { token })
    return { status, json, found: (json?.['queue_jobs'] ?? []) as Found[] }
  }
  const sync = (of: number, shop = SHOP_A) =>
    world.pipeline.queueJobs.request(syncRepairOrder, {
      shop,
      ro: of,
      lane: 'incremental',
      reason: 'listed',
    })
  const line = () => world.pipeline.queueJobs.queue(syncRepairOrder.queue)
  /** A worker that ends one queue job so, and the id of the one that did. */
  const endOne = (end: 'completed' | 'failed', reason = 'the estimate answered 500'): Promise<string> => {
    const worker = world.pipeline.store.worker(syncRepairOrder.queue, async () => {
      if (end === 'failed') throw new Error(reason)
      return {}
    })
    return new Promise((resolve) => {
      const done = (id: string | undefined) => void worker.close().then(() => resolve(id ?? ''))
      worker.once('completed', (job) => done(job.id))
      worker.once('failed', (job) => done(job?.id))
    })
  }

  test('the number people say is found even when the warehouse has never stored the RO', async () => {
    const { id } = await sync(ro.id)
    const { found } = await search()
    expect(found).toMatchObject([
      {
        queue: 'repair-orders',
        name: 'sync-repair-order',
        id,
        state: 'prioritized',
        reason: 'listed',
        lane: 'incremental',
        failure: null,
        link: `/admin/queues/queue/repair-orders/${id}`,
      },
    ])
    const byId = await search(`ro=${ro.id}`)
    expect(byId.found).toEqual(found)
  })

  test('the number of an RO in quarantine is found, although TM does not know it', async () => {
    await world.pipeline.query(
      `insert into public.ro_quarantine (shop_id, ro_tm_id, ro_number, fetched_at, reason, cause)
       values ('${world.shopA.id}', 777001, 88001, now(), 'x', '{}'), ('${world.shopB.id}', 777002, 88002, now(), 'x', '{}')`,
    )
    expect(await search('ro_number=88001')).toMatchObject({ status: 200, json: { ro: 777_001 } })
    expect(await search('ro_number=88002')).toMatchObject({ status: 404 })
    await world.pipeline.query('delete from public.ro_quarantine')
  })

  test('all queues and states are looked at, and nothing of another RO or shop', async () => {
    await line().add(
      syncRepairOrder.name,
      { shop: SHOP_A, ro: ro.id, lane: 'repair', reason: 'sweep' },
      { attempts: 1 },
    )
    const failed = await endOne('failed', 'HTTP 500 with token=canary-of-a-reason')
    await sync(ro.id)
    const completed = await endOne('completed')
    const { id: waiting } = await sync(ro.id)
    await line().add(
      syncRepairOrder.name,
      { shop: SHOP_A, ro: ro.id, lane: 'repair', reason: 'sweep' },
      { delay: 60_000 },
    )
    await world.pipeline.queueJobs.request(buildSnapshot, { shop: SHOP_A, ro: ro.id })
    await sync(ro.id, SHOP_B)
    await sync(ro.id + 1)
    const { found, json } = await search()
    expect(found.map(({ queue, state }) => `${queue} ${state}`)).toEqual([
      'snapshots waiting',
      'repair-orders prioritized',
      'repair-orders delayed',
      'repair-orders completed',
      'repair-orders failed',
    ])
    expect(found.map(({ id }) => id)).toEqual(expect.arrayContaining([failed, completed, waiting]))
    expect(found.at(-1)?.failure?.reason).toBe('HTTP 500 with token=[secret]')
    expect(json?.['incomplete']).toEqual([])
  })

  test('one that runs is found, and one that was retried by hand, which has lost its deduplication id', async () => {
    await line().add(
      syncRepairOrder.name,
      { shop: SHOP_A, ro: ro.id, lane: 'repair', reason: 'sweep' },
      { attempts: 1 },
    )
    const failed = await endOne('failed')
    await (await line().getJob(failed))?.retry()
    expect((await search()).found).toMatchObject([{ id: failed, state: 'waiting' }])
    let finish: () => void = () => undefined
    const held = new Promise<void>((resolve) => (finish = resolve))
    const worker = world.pipeline.store.worker(syncRepairOrder.queue, () => held)
    workers.push(worker)
    await new Promise((resolve) => worker.once('active', resolve))
    expect((await search()).found).toMatchObject([{ id: failed, state: 'active' }])
    finish()
  })

  test('in a line longer than is looked through, what waits is found and the answer says that more is there', async () => {
    const payload = (i: number) => ({
      shop: SHOP_A,
      ro: 900_000_000 + i,
      lane: 'incremental' as const,
      reason: 'listed' as const,
    })
    const { id } = await sync(ro.id)
    const others = Array.from({ length: 5_200 }, (_, i) => payload(i))
    await world.pipeline.queueJobs.addMany(syncRepairOrder, others)
    await (await line().getJob(id))?.changePriority({ priority: 2_000_000 })
    const { found, json } = await search()
    expect(found).toMatchObject([{ id, state: 'prioritized' }])
    expect(json?.['incomplete']).toEqual([{ queue: 'repair-orders', state: 'prioritized' }])
  }, 60_000)

  test('what cannot be asked is refused by name, and an unknown number is 404', async () => {
    expect((await search('ro_number=1&ro=2')).json).toMatchObject({ errors: [{ path: 'ro_number' }] })
    expect(await search('')).toMatchObject({ status: 400 })
    expect(await search('ro_number=999999999')).toMatchObject({
      status: 404,
      json: { code: 'NO_SUCH_REPAIR_ORDER' },
    })
    expect((await search(`ro=${ro.id}`)).found).toEqual([])
  })
})
