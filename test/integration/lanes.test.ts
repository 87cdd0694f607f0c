// The order of service in a queue with lanes, seen on a real store, both of them, with one queue job at a time.
import { randomUUID } from 'node:crypto'
import type { Worker } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createQueueJobs, type QueueJobs } from '../../src/core/enqueue.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import type { Lane } from '../../src/core/queues.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { queueStores } from '../support/queue-store.ts'

const QUEUE = 'repair-orders'

/** ROs of one shop, asked for at once: numbered from `shop * 1000`, so that the shop can be read from the RO. */
const line = (shop: number, lane: Lane, length: number) =>
  Array.from({ length }, (_, turn) => ({
    shop,
    ro: shop * 1000 + turn,
    lane,
    turn,
    reason: 'listed' as const,
  }))

describe.each(queueStores())('the line on $kind', ({ kind, url }) => {
  let store: QueueStore
  let queueJobs: QueueJobs
  let worker: Worker | undefined
  const name = `t${randomUUID().slice(0, 8)}`
  const log = silentLogger()

  beforeAll(() => {
    store = createQueueStore(
      kind === 'redis' ? { kind, url, prefix: name, log } : { kind, url, schema: name, log },
    )
    queueJobs = createQueueJobs(store)
  })
  afterEach(async () => {
    await worker?.close()
    worker = undefined
    await queueJobs.queue(QUEUE).obliterate({ force: true })
  })
  afterAll(async () => {
    await queueJobs.close()
    await store.close()
  })

  /** Serves everything that waits, one at a time. @returns ROs in the order of service */
  const serve = async (count: number): Promise<number[]> => {
    const order: number[] = []
    worker = store.worker(QUEUE, async (job) => void order.push((job.data as { ro: number }).ro), {
      concurrency: 1,
    })
    await expect.poll(() => order.length, { timeout: 30_000 }).toBe(count)
    return order
  }
  const shopsIn = (order: readonly number[]) => order.map((ro) => Math.floor(ro / 1000))

  it('serves shops of one lane in turns, each in its own order', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'incremental', 30))
    await queueJobs.addMany(syncRepairOrder, line(2, 'incremental', 5))
    await queueJobs.addMany(syncRepairOrder, line(3, 'incremental', 5))
    const order = await serve(40)
    expect(shopsIn(order.slice(0, 15))).toEqual([1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3])
    for (const shop of [1, 2, 3]) {
      const own = order.filter((ro) => Math.floor(ro / 1000) === shop)
      expect(own).toEqual(own.toSorted((a, b) => a - b))
    }
  })

  it('lets live work pass a backfill, which still gets its share', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'backfill', 40))
    await queueJobs.addMany(syncRepairOrder, line(2, 'incremental', 40))
    const order = await serve(80)
    const firstHalf = shopsIn(order.slice(0, 40))
    expect(firstHalf.filter((shop) => shop === 1).length).toBe(3)
    expect(order.at(-1)).toBe(1039)
  })

  it('serves a person first, however long the lines are', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'incremental', 20))
    await queueJobs.addMany(syncRepairOrder, line(2, 'repair', 20))
    await queueJobs.addMany(syncRepairOrder, line(3, 'interactive', 3))
    const order = await serve(43)
    expect(shopsIn(order.slice(0, 4))).toEqual([3, 3, 3, 1])
  })

  it('lifts what waits when the same RO is asked for in a higher place, one or many at a time', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'backfill', 20))
    const again = line(1, 'incremental', 20).slice(17)
    expect(
      await queueJobs.addMany(
        syncRepairOrder,
        again.slice(0, 2).map((payload) => ({ ...payload, turn: 0 })),
      ),
    ).toBe(0)
    const { result } = await queueJobs.request(syncRepairOrder, { ...again[2]!, lane: 'interactive' })
    expect(result).toBe('coalesced')
    const order = await serve(20)
    // The two lifted together moved side by side: which of them comes first is left open.
    expect([order[0], ...order.slice(1, 3).toSorted((a, b) => a - b), order[3]]).toEqual([
      1019, 1017, 1018, 1000,
    ])
  })

  it('never moves what waits to a lower place', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'incremental', 5))
    await queueJobs.addMany(
      syncRepairOrder,
      line(1, 'backfill', 5).map((payload) => ({ ...payload, turn: 500 })),
    )
    await queueJobs.addMany(syncRepairOrder, line(2, 'backfill', 5))
    expect(shopsIn(await serve(10))).toEqual([1, 1, 1, 1, 1, 2, 2, 2, 2, 2])
  })

  const [listed] = line(1, 'backfill', 1) as [ReturnType<typeof line>[number]]
  const hint = { shop: 1, ro: 1000, lane: 'interactive', reason: 'webhook' } as const
  it.each([
    ['a page of a listing', () => queueJobs.addMany(syncRepairOrder, [{ ...listed, turn: 400 }])],
    ['a bulk retry', () => queueJobs.request(syncRepairOrder, listed, 60_000)],
    ['a hint of TM', () => queueJobs.requestMany(syncRepairOrder, [hint])],
  ])(
    'follows an active one with what a person asked for, whoever asks later: %s',
    async (_who, asksLater) => {
      let finish: () => void = () => undefined
      const first = new Promise<void>((resolve) => (finish = resolve))
      const served: unknown[] = []
      const process = async (job: { data: unknown }) => {
        served.push(job.data)
        if (served.length === 1) await first
      }
      worker = store.worker(QUEUE, process, { concurrency: 1 })
      await queueJobs.addMany(syncRepairOrder, [listed])
      await expect.poll(() => served.length).toBe(1)
      await queueJobs.addMany(syncRepairOrder, line(2, 'incremental', 5))
      const person = { ...hint, reason: 'requested', run: randomUUID() } as const
      const { result } = await queueJobs.request(syncRepairOrder, person)
      expect(result).toBe('queued-after-active')
      await asksLater()
      finish()
      await expect.poll(() => served.length, { timeout: 30_000 }).toBe(7)
      expect(served[1]).toEqual(person)
    },
  )

  it('is the work of who asked by name once such a request has joined a hint that waits', async () => {
    await queueJobs.requestMany(syncRepairOrder, [hint])
    const person = { ...hint, reason: 'requested', run: randomUUID() } as const
    expect(await queueJobs.request(syncRepairOrder, person)).toMatchObject({ result: 'coalesced' })
    await queueJobs.requestMany(syncRepairOrder, [hint])
    const waiting = await queueJobs.queue(QUEUE).getJobs(['prioritized', 'waiting'])
    expect(waiting.map(({ data }) => data as unknown)).toEqual([person])
  })

  it('adds only what is missing, or only lifts, when told so', async () => {
    await queueJobs.addMany(syncRepairOrder, line(1, 'backfill', 10))
    const urgent = line(1, 'incremental', 12).map((payload) => ({ ...payload, turn: 0 }))
    expect(await queueJobs.addMany(syncRepairOrder, urgent.slice(8, 11), 'if-missing')).toBe(1)
    expect(await queueJobs.addMany(syncRepairOrder, urgent.slice(9), 'lift')).toBe(2)
    const order = await serve(11)
    expect(order.slice(0, 3).toSorted((a, b) => a - b)).toEqual([1000, 1009, 1010])
    expect(order.at(-1)).toBe(1008)
  })

  it('asks for no second run of an RO that is being read when it only fills gaps', async () => {
    let runs = 0
    let finish: () => void = () => undefined
    const finished = new Promise<void>((resolve) => (finish = resolve))
    worker = store.worker(QUEUE, async () => {
      runs += 1
      await finished
    })
    const [payload] = line(1, 'backfill', 1)
    await queueJobs.addMany(syncRepairOrder, [payload!])
    await expect.poll(() => runs).toBe(1)
    expect(await queueJobs.addMany(syncRepairOrder, [payload!], 'if-missing')).toBe(0)
    expect(await queueJobs.addMany(syncRepairOrder, [payload!], 'lift')).toBe(1)
    finish()
    await expect.poll(() => queueJobs.queue(QUEUE).getActiveCount()).toBe(0)
    const counts = await queueJobs.queue(QUEUE).getJobCounts('prioritized', 'waiting', 'delayed')
    expect([runs, counts]).toEqual([1, { prioritized: 0, waiting: 0, delayed: 0 }])
  })
})
