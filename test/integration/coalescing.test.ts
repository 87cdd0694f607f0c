// Requests for the same delayed queue job within its delay cost the store one question, and none is lost; on both stores.
import { randomUUID } from 'node:crypto'
import type { QueueEvents, Worker } from 'bullmq'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createQueueJobs, type QueueJobs } from '../../src/core/enqueue.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import { rebuildDay } from '../../src/workers/jobs/rebuild-day.ts'
import { queueStores } from '../support/queue-store.ts'

const day = { shop: 4321, date: '2026-03-04' }
const otherDay = { shop: 4321, date: '2026-03-05' }

describe.each(queueStores())('the same day asked for again on $kind', ({ kind, url }) => {
  let store: QueueStore
  let queueJobs: QueueJobs
  let events: QueueEvents
  let worker: Worker | undefined
  let coalesced = 0
  const name = `t${randomUUID().slice(0, 8)}`
  const log = silentLogger()

  beforeAll(async () => {
    store = createQueueStore(
      kind === 'redis' ? { kind, url, prefix: name, log } : { kind, url, schema: name, log },
    )
    queueJobs = createQueueJobs(store)
    events = store.events('metrics')
    events.on('deduplicated', () => void (coalesced += 1))
    await events.waitUntilReady()
  })
  afterEach(async () => {
    await worker?.close()
    await queueJobs.queue('metrics').obliterate({ force: true })
  })
  afterAll(async () => {
    await events.close()
    await queueJobs.close()
    await store.close()
  })

  it('is one rebuild, and the store is asked once while that still waits', async () => {
    expect(await queueJobs.addMany(rebuildDay, [day])).toBe(1)
    for (let request = 0; request < 50; request += 1)
      expect(await queueJobs.addMany(rebuildDay, [day])).toBe(0)
    // Another process has no note of it: its request is the one that the store sees and coalesces.
    const other = createQueueJobs(store)
    expect(await other.addMany(rebuildDay, [day])).toBe(0)
    await other.close()
    await expect.poll(() => coalesced, { timeout: 10_000 }).toBe(1)
    expect(await queueJobs.queue('metrics').getDelayedCount()).toBe(1)
  })

  it('is rebuilt once more when the request comes after the first rebuild has begun', async () => {
    let runs = 0
    let finishFirst: () => void = () => undefined
    const first = new Promise<void>((resolve) => (finishFirst = resolve))
    worker = store.worker('metrics', async () => {
      runs += 1
      if (runs === 1) await first
    })
    await queueJobs.addMany(rebuildDay, [otherDay])
    await queueJobs.addMany(rebuildDay, [otherDay])
    await expect.poll(() => runs, { timeout: 15_000 }).toBe(1)
    await queueJobs.addMany(rebuildDay, [otherDay])
    finishFirst()
    await expect.poll(() => runs, { timeout: 15_000 }).toBe(2)
  })
})
