// Queue jobs on a real store, both of them: deduplication, lanes, retries, and what each failure class does.
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createQueueJobs, type QueueJobs } from '../../src/core/enqueue.ts'
import { UpstreamChanged, UpstreamDown, UpstreamThrottled } from '../../src/core/errors.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { defineQueueJob, type AnyQueueJob } from '../../src/core/queue-job.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import type { Services } from '../../src/core/services.ts'
import { LANES } from '../../src/core/queues.ts'
import { canaryProbes } from '../../src/workers/jobs/canary.ts'
import {
  startWorkers,
  type FinishedQueueJob,
  type Workers,
  type WorkersOptions,
} from '../../src/workers/runtime.ts'
import { queueStores } from '../support/queue-store.ts'

type Run = AnyQueueJob['run']

/** A probe whose behaviour a test sets; its payload is one id and a lane. */
const probe = (run: Run, attempts = 3) =>
  defineQueueJob({
    name: 'probe',
    queue: 'repair-orders',
    about: 'a queue job of a test',
    payload: z.object({ ro: z.int(), lane: z.enum(LANES) }),
    retry: { attempts, backoffMs: 20 },
    timeoutMs: 5_000,
    lane: ({ lane }) => lane,
    dedup: { mode: 'keep-last', id: ({ ro }) => `${ro}` },
    fansOutTo: [],
    run,
  })

const gate = () => {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open: () => open() }
}

describe.each(queueStores())('queue jobs on $kind', ({ kind, url }) => {
  let store: QueueStore
  let queueJobs: QueueJobs
  let workers: Workers | undefined
  const name = `t${randomUUID().slice(0, 8)}`
  const log = silentLogger()

  beforeAll(() => {
    store = createQueueStore(
      kind === 'redis' ? { kind, url, prefix: name, log } : { kind, url, schema: name, log },
    )
    queueJobs = createQueueJobs(store)
  })
  afterEach(async () => {
    await workers?.close()
    workers = undefined
    await queueJobs.queue('repair-orders').obliterate({ force: true })
  })
  afterAll(async () => {
    await queueJobs.close()
    await store.close()
  })

  const work = (job: AnyQueueJob, options: Partial<WorkersOptions> = {}) => {
    const finished: FinishedQueueJob[] = []
    workers = startWorkers({
      store,
      queueJobs,
      services: {} as Services,
      log,
      queues: ['repair-orders'],
      find: () => job,
      onFinished: (f) => finished.push(f),
      ...options,
    })
    return finished
  }
  const outcomes = (finished: readonly FinishedQueueJob[]) => finished.map((f) => f.outcome)
  const failedReason = async () => {
    const [failed] = await queueJobs.queue('repair-orders').getFailed()
    return failed?.failedReason
  }

  it('coalesces requests while one waits, and lifts it into a higher lane', async () => {
    const order: number[] = []
    const job = probe(async ({ ro }) => {
      order.push(ro)
      return {}
    })
    await queueJobs.addMany(job, [{ ro: 1, lane: 'incremental' }])
    const first = await queueJobs.request(job, { ro: 2, lane: 'backfill' })
    const second = await queueJobs.request(job, { ro: 2, lane: 'interactive' })
    expect([first.result, second.result]).toEqual(['queued', 'coalesced'])
    expect(second.id).toBe(first.id)
    expect(await queueJobs.addMany(job, [{ ro: 2, lane: 'backfill' }])).toBe(0)
    const finished = work(job)
    await expect.poll(() => finished.length).toBe(2)
    // Sixteen run at once, but the more urgent one is taken first.
    expect(order[0]).toBe(2)
  })

  it('runs exactly once more when asked while running, however often it was asked', async () => {
    const { opened, open } = gate()
    let runs = 0
    const job = probe(async () => {
      runs += 1
      if (runs === 1) await opened
      return {}
    })
    const finished = work(job)
    await queueJobs.request(job, { ro: 3, lane: 'incremental' })
    await expect.poll(() => runs).toBe(1)
    for (let i = 0; i < 5; i += 1) {
      const { result } = await queueJobs.request(job, { ro: 3, lane: 'interactive' })
      expect(result).toBe('queued-after-active')
    }
    open()
    await expect.poll(() => finished.length).toBe(2)
    await expect.poll(() => queueJobs.queue('repair-orders').getActiveCount()).toBe(0)
    expect(runs).toBe(2)
  })

  it('spends no attempt on throttling', async () => {
    let runs = 0
    const job = probe(async () => {
      runs += 1
      if (runs <= 4) throw new UpstreamThrottled('429', 20)
      return {}
    }, 2)
    const finished = work(job)
    await queueJobs.request(job, { ro: 4, lane: 'incremental' })
    await expect.poll(() => outcomes(finished).at(-1), { timeout: 15_000 }).toBe('done')
    expect(outcomes(finished)).toEqual(['later', 'later', 'later', 'later', 'done'])
  })

  it('retries a transient failure as often as the definition says, then fails it with the cause', async () => {
    const job = probe(async () => {
      throw new UpstreamDown('TM answered 502')
    }, 3)
    const finished = work(job)
    await queueJobs.request(job, { ro: 5, lane: 'incremental' })
    await expect.poll(() => outcomes(finished), { timeout: 15_000 }).toEqual(['retry', 'retry', 'failed'])
    await expect.poll(failedReason).toBe('UPSTREAM_DOWN: TM answered 502')
  })

  it('never retries refused data, and keeps the field in the reason', async () => {
    const job = probe(async () => {
      throw new UpstreamChanged('the header does not fit', {
        details: { issues: [{ path: 'id', message: 'missing' }] },
      })
    }, 6)
    const finished = work(job)
    await queueJobs.request(job, { ro: 6, lane: 'incremental' })
    await expect.poll(() => outcomes(finished)).toEqual(['failed'])
    await expect.poll(failedReason).toBe('UPSTREAM_CHANGED: the header does not fit [id: missing]')
  })

  it('drops a payload that does not parse at once, although six attempts were allowed', async () => {
    const job = probe(async () => ({}), 6)
    const finished = work(job)
    await queueJobs.queue('repair-orders').add('probe', { ro: 'x' }, { attempts: 6 })
    await expect.poll(() => outcomes(finished)).toEqual(['failed'])
    await expect.poll(failedReason).toMatch(/^PAYLOAD_INVALID: probe: the payload does not fit \(ro, lane\)/)
  })

  it('fails a queue job that outlasts its time limit as a transient failure', async () => {
    const job = { ...probe((_p, { signal }) => waitForAbort(signal), 1), timeoutMs: 50 }
    const finished = work(job)
    await queueJobs.request(job, { ro: 7, lane: 'incremental' })
    await expect
      .poll(() => finished.map((f) => [f.outcome, f.failureClass]))
      .toEqual([['failed', 'transient']])
  })

  it('lets a canary that hangs in an outage give way to the one that is sent when it is over', async () => {
    const canary = canaryProbes.find(({ queue }) => queue === 'repair-orders')
    if (canary === undefined) throw new Error('there is no canary for this queue')
    let notes = 0
    const recordCanary = async () => {
      notes += 1
      if (notes === 1) await new Promise(() => undefined)
    }
    const services = { warehouse: { operations: { recordCanary } } } as unknown as Services
    const finished = work(canary, { services })
    await queueJobs.request(canary, {})
    await expect.poll(() => notes, { timeout: 10_000 }).toBe(1)
    expect(await queueJobs.request(canary, {})).toMatchObject({ result: 'queued-after-active' })
    await expect.poll(() => outcomes(finished), { timeout: 15_000 }).toEqual(['failed', 'done'])
  })

  it('fails a queue job under which workers vanish again and again, and says so like of every other', async () => {
    const job = probe(async () => ({}))
    await queueJobs.request(job, { ro: 1, lane: 'interactive' })
    const vanishing = store.worker('repair-orders', async () => undefined, {
      autorun: false,
      lockDuration: 100,
    })
    expect(await vanishing.getNextJob('a token')).toBeDefined()
    await vanishing.close(true)
    const finished = work(job, { stallMs: 200, maxStalls: 0 })
    await expect
      .poll(() => finished, { timeout: 10_000 })
      .toMatchObject([{ name: 'probe', queue: 'repair-orders', outcome: 'failed', failureClass: 'bug' }])
    expect(await failedReason()).toContain('stalled')
  })
})

const waitForAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
