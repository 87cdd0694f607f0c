// The only caller of BullMQ's add: payloads are parsed on the way in, options come from the definition, never from the caller.
import { randomUUID } from 'node:crypto'
import type { Job, JobsOptions, Queue } from 'bullmq'
import { PayloadInvalid } from './errors.ts'
import type { AnyQueueJob, PayloadOf } from './queue-job.ts'
import { KEEP_COMPLETED, KEEP_FAILED, LANE_PRIORITY, QUEUE_NAMES, type QueueName } from './queues.ts'
import type { QueueStore } from './queue-store.ts'

/** A payload carries ids only; a kilobyte holds all of them. */
const MAX_PAYLOAD_BYTES = 1024
/** addBulk reaches its full speed at some hundred queue jobs per call. */
const BULK_SIZE = 500

/** What became of one request: see pipeline.md, "Syncing one RO". */
export type EnqueueResult = 'queued' | 'coalesced' | 'queued-after-active'

export interface QueueJobs {
  /** The queues by name, opened on first use. */
  queue(name: QueueName): Queue
  all(): Queue[]
  /** Adds one queue job and says whether it is new; a request in a higher lane lifts the one that waits. */
  request<J extends AnyQueueJob>(
    job: J,
    payload: PayloadOf<J>,
  ): Promise<{ result: EnqueueResult; id: string }>
  /** Adds many. @returns how many were new */
  addMany<J extends AnyQueueJob>(job: J, payloads: readonly PayloadOf<J>[]): Promise<number>
  close(): Promise<void>
}

/**
 * Checks a payload against its definition.
 * @throws PayloadInvalid naming the job and every field that does not fit
 */
export const parsePayload = <J extends AnyQueueJob>(job: J, payload: unknown): PayloadOf<J> => {
  const parsed = job.payload.safeParse(payload)
  if (!parsed.success) {
    const found: readonly { path: PropertyKey[]; message: string }[] = parsed.error.issues
    const issues = found.map((i) => ({ path: i.path.join('.'), message: i.message }))
    throw new PayloadInvalid(
      `${job.name}: the payload does not fit (${issues.map((i) => i.path).join(', ')})`,
      {
        details: { job: job.name, issues },
      },
    )
  }
  if (Buffer.byteLength(JSON.stringify(parsed.data)) > MAX_PAYLOAD_BYTES)
    throw new PayloadInvalid(`${job.name}: the payload is larger than ${MAX_PAYLOAD_BYTES} bytes`)
  return parsed.data as PayloadOf<J>
}

/** BullMQ's options for one queue job, all derived from its definition. Also used for job schedulers' templates. */
export const optionsOf = <J extends AnyQueueJob>(job: J, payload: PayloadOf<J>): JobsOptions => ({
  attempts: job.retry.attempts,
  backoff: { type: 'exponential', delay: job.retry.backoffMs, jitter: 0.5 },
  removeOnComplete: KEEP_COMPLETED,
  removeOnFail: KEEP_FAILED,
  ...(job.delayMs === undefined ? {} : { delay: job.delayMs }),
  ...(job.lane === undefined ? {} : { priority: LANE_PRIORITY[job.lane(payload)] }),
  ...(job.dedup === undefined
    ? {}
    : {
        deduplication: {
          id: `${job.name}.${job.dedup.id(payload)}`,
          ...(job.dedup.mode === 'keep-last' ? { keepLastIfActive: true } : {}),
        },
      }),
})

/** Opens the queues of a store for adding. Importing this file opens nothing. */
export const createQueueJobs = (store: QueueStore): QueueJobs => {
  const open = new Map<QueueName, Queue>()
  const queue = (name: QueueName): Queue => {
    const existing = open.get(name)
    if (existing) return existing
    const created = store.queue(name, { streams: { events: { maxLen: 1_000 } } })
    created.on('error', () => undefined) // The store logs its own outages; an unhandled 'error' would end the process.
    open.set(name, created)
    return created
  }
  return {
    queue,
    all: () => QUEUE_NAMES.map(queue),
    request: (job, payload) => requestOne(queue(job.queue), job, payload),
    addMany: (job, payloads) => addMany(queue(job.queue), job, payloads),
    close: async () => void (await Promise.all([...open.values()].map((q) => q.close()))),
  }
}

const addMany = async <J extends AnyQueueJob>(queue: Queue, job: J, payloads: readonly PayloadOf<J>[]) => {
  let added = 0
  for (let start = 0; start < payloads.length; start += BULK_SIZE) {
    const batch = payloads.slice(start, start + BULK_SIZE).map((raw) => {
      const payload = parsePayload(job, raw)
      return { name: job.name, data: payload, opts: { ...optionsOf(job, payload), jobId: randomUUID() } }
    })
    const jobs = await queue.addBulk(batch)
    added += jobs.filter((made, i) => made.id === batch[i]?.opts.jobId).length
  }
  return added
}

const requestOne = async <J extends AnyQueueJob>(queue: Queue, job: J, raw: PayloadOf<J>) => {
  const payload = parsePayload(job, raw)
  const options = optionsOf(job, payload)
  const jobId = randomUUID()
  const made = await queue.add(job.name, payload, { ...options, jobId })
  const id = made.id ?? jobId
  if (id === jobId) return { result: 'queued' as const, id }
  const state = await queue.getJobState(id)
  if (state === 'active') return { result: 'queued-after-active' as const, id }
  await lift(queue, id, options.priority)
  return { result: 'coalesced' as const, id }
}

/** Moves a waiting queue job up when the new request is more urgent. */
const lift = async (queue: Queue, id: string, priority: number | undefined): Promise<void> => {
  if (priority === undefined) return
  const waiting: Job | undefined = await queue.getJob(id)
  if (waiting === undefined || (waiting.priority ?? 0) <= priority) return
  await waiting.changePriority({ priority })
}
