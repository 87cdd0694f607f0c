// The only caller of BullMQ's add: payloads are parsed on the way in, options come from the definition, never from the caller.
import { randomUUID } from 'node:crypto'
import type { Job, JobsOptions, Queue } from 'bullmq'
import { PayloadInvalid } from './errors.ts'
import { forEachOf } from './for-each-of.ts'
import type { AnyQueueJob, EnqueueMode, PayloadOf, WaitingQueueJob } from './queue-job.ts'
import { KEEP_COMPLETED, KEEP_FAILED, priorityOf, QUEUE_NAMES, type QueueName } from './queues.ts'
import type { QueueStore } from './queue-store.ts'
import { isAskedByName, noteNext, notedNext } from './urgent-next.ts'
import { createWaitingNote, type WaitingNote } from './waiting-note.ts'

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
  /**
   * Adds one queue job and says whether it is new; a request in a higher lane lifts the one that waits.
   * `delayMs`: waits so much longer than its kind does, for who spreads many requests over time.
   */
  request<J extends AnyQueueJob>(
    job: J,
    payload: PayloadOf<J>,
    delayMs?: number,
  ): Promise<{ result: EnqueueResult; id: string }>
  /** As `request` for many of different deduplication ids, in one addition; the results are in the order given. */
  requestMany<J extends AnyQueueJob>(
    job: J,
    payloads: readonly PayloadOf<J>[],
  ): Promise<{ result: EnqueueResult; id: string }[]>
  /** Adds many; default mode `add`. @returns how many were new (`add`, `if-missing`) or waited (`lift`) */
  addMany<J extends AnyQueueJob>(
    job: J,
    payloads: readonly PayloadOf<J>[],
    mode?: EnqueueMode,
  ): Promise<number>
  /** Everything that waits or runs in a queue; only for queues that stay short. */
  unfinished(name: QueueName): Promise<readonly WaitingQueueJob[]>
  close(): Promise<void>
}

/**
 * Checks a payload against its definition.
 * @throws PayloadInvalid naming the queue job and every field that does not fit
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
  ...(job.lane === undefined ? {} : { priority: priorityOf(job.lane(payload), job.turn?.(payload) ?? 0) }),
  ...(job.first === true ? { lifo: true } : {}),
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
  const waiting = createWaitingNote()
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
    request: (job, payload, delayMs = 0) => requestOne(queue(job.queue), job, entryOf(job, payload, delayMs)),
    requestMany: (job, payloads) => requestMany(queue(job.queue), job, payloads),
    addMany: async (job, payloads, mode = 'add') => {
      const line = queue(job.queue)
      if (mode === 'add') return addMany(line, job, payloads, waiting)
      const { missing, present } = await sortOut(line, job, payloads)
      if (mode === 'if-missing') return addMany(line, job, missing, waiting)
      await inParallel(present, async ({ id, priority }) => lift(await line.getJob(id), priority))
      return present.length
    },
    unfinished: (name) => unfinished(queue(name)),
    close: async () => void (await Promise.all([...open.values()].map((q) => q.close()))),
  }
}

interface Entry {
  readonly name: string
  readonly data: unknown
  readonly opts: JobsOptions & { readonly jobId: string }
}

/** What BullMQ is given. The id is ours: when the store answers with another, that queue job was there before. */
const entryOf = <J extends AnyQueueJob>(job: J, raw: PayloadOf<J>, delayMs = 0): Entry => {
  const payload = parsePayload(job, raw)
  const options = optionsOf(job, payload)
  const delay = Math.round(delayMs) + (options.delay ?? 0)
  return {
    name: job.name,
    data: payload,
    opts: { ...options, ...(delay === 0 ? {} : { delay }), jobId: randomUUID() },
  }
}

const addMany = async <J extends AnyQueueJob>(
  queue: Queue,
  job: J,
  payloads: readonly PayloadOf<J>[],
  waiting: WaitingNote,
) => {
  const entries = payloads.map((payload) => entryOf(job, payload))
  const wanted = entries.filter(({ opts }) => !waiting.surely(opts))
  let added = 0
  for (let start = 0; start < wanted.length; start += BULK_SIZE) {
    const batch = wanted.slice(start, start + BULK_SIZE)
    const askedAt = performance.now()
    const made = await queue.addBulk(batch)
    for (const [i, { opts }] of batch.entries()) if (made[i]?.id === opts.jobId) waiting.note(opts, askedAt)
    const coalesced = batch.flatMap(({ opts }, i) => {
      const id = made[i]?.id ?? opts.jobId
      return id === opts.jobId ? [] : [{ id, opts }]
    })
    await inParallel(coalesced, async ({ id, opts }) => {
      const there: Job | undefined = await queue.getJob(id)
      await lift(there, opts.priority)
      const urgent = notedNext(job, there)
      if (urgent !== null && !isUrgent(opts)) await putBack(queue, job, urgent)
    })
    added += batch.length - coalesced.length
  }
  return added
}

/** Tells which payloads have no queue job of their deduplication id that waits or runs. */
const sortOut = async <J extends AnyQueueJob>(queue: Queue, job: J, payloads: readonly PayloadOf<J>[]) => {
  const missing: PayloadOf<J>[] = []
  const present: { id: string; priority: number | undefined }[] = []
  await inParallel(payloads, async (payload) => {
    const { deduplication, priority } = optionsOf(job, parsePayload(job, payload))
    const id = deduplication === undefined ? null : await queue.getDeduplicationJobId(deduplication.id)
    if (id === null) missing.push(payload)
    else present.push({ id, priority })
  })
  return { missing, present }
}

/** Enough to keep a store's connections busy, few enough to leave them to others in between. */
const LOOKUPS_AT_ONCE = 8

const inParallel = <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> =>
  forEachOf(items, LOOKUPS_AT_ONCE, work)

interface Requested {
  readonly result: EnqueueResult
  readonly id: string
}

const requestOne = async (queue: Queue, job: AnyQueueJob, entry: Entry): Promise<Requested> => {
  const { name, data, opts } = entry
  const { id = opts.jobId } = await queue.add(name, data, opts)
  return id === opts.jobId ? { result: 'queued', id } : joined(queue, job, id, entry)
}

const requestMany = async <J extends AnyQueueJob>(
  queue: Queue,
  job: J,
  payloads: readonly PayloadOf<J>[],
): Promise<Requested[]> => {
  const batch = payloads.map((payload) => entryOf(job, payload))
  const made = await queue.addBulk(batch)
  const results = batch.map(({ opts }, i): Requested => ({ result: 'queued', id: made[i]?.id ?? opts.jobId }))
  await inParallel([...batch.entries()], async ([i, entry]) => {
    const { id = entry.opts.jobId } = results[i] ?? {}
    if (id !== entry.opts.jobId) results[i] = await joined(queue, job, id, entry)
  })
  return results
}

/** What became of a request whose work was there already; an urgent one hurries it. */
const joined = async (queue: Queue, job: AnyQueueJob, id: string, entry: Entry): Promise<Requested> => {
  const [state, there] = await Promise.all([
    queue.getJobState(id),
    queue.getJob(id) as Promise<Job | undefined>,
  ])
  if (state === 'active') {
    if (there !== undefined) await follow(queue, job, there, entry)
    return { result: 'queued-after-active', id }
  }
  if (there !== undefined) {
    await lift(there, entry.opts.priority)
    if (state === 'delayed' && isUrgent(entry.opts)) await wake(there)
    if (isAskedByName(job, entry.data) && !isAskedByName(job, there.data)) await rename(there, entry.data)
  }
  return { result: 'coalesced', id }
}

/** The place of a request that a person or a webhook waits for. */
const AT_ONCE = priorityOf('interactive', 0)
const isUrgent = ({ priority, delay = 0 }: JobsOptions): boolean => priority === AT_ONCE && delay === 0

/** Sees to it that the most urgent request follows an active queue job: ./urgent-next.ts says how. */
const follow = async (queue: Queue, job: AnyQueueJob, active: Job, { data, opts }: Entry): Promise<void> => {
  const noted = notedNext(job, active)
  if (!isUrgent(opts)) return noted === null ? undefined : putBack(queue, job, noted)
  if (noted !== null) {
    const [byName, notedByName] = [isAskedByName(job, data), isAskedByName(job, noted)]
    if (byName === notedByName) return // It follows now, and whoever comes later puts back what is noted, which is as good.
    if (!byName) return putBack(queue, job, noted)
  }
  if (opts.deduplication?.keepLastIfActive === true && (await noteNext(active, data)))
    await putBack(queue, job, data)
}

/** Asks once more for what others may have replaced; where that waits by now, in their place, it is lifted. */
const putBack = async (queue: Queue, job: AnyQueueJob, payload: unknown): Promise<void> => {
  const { name, data, opts } = entryOf(job, payload)
  const { id = opts.jobId } = await queue.add(name, data, opts)
  if (id !== opts.jobId) await lift(await queue.getJob(id), opts.priority)
}

/** Ends the delay of a queue job (a bulk retry spreads thousands over minutes); one that has begun meanwhile needs none. */
const wake = async (waiting: Job): Promise<void> => {
  try {
    await waiting.promote()
  } catch (error) {
    if ((await waiting.getState()) === 'delayed') throw error
  }
}

/** Makes what waits by itself the work of who asks for it by name, which no switched-off part ends. */
const rename = async (waiting: Job, payload: unknown): Promise<void> => {
  try {
    await waiting.updateData(payload)
  } catch (error) {
    if ((await waiting.getState()) !== 'unknown') throw error // Done and gone meanwhile is no trouble.
  }
}

/** Moves a waiting queue job up when the new request is more urgent. */
const lift = async (waiting: Job | undefined, priority: number | undefined): Promise<void> => {
  if (waiting === undefined || priority === undefined || (waiting.priority ?? 0) <= priority) return
  await waiting.changePriority({ priority })
}

/**
 * States in the order in which a queue job passes them, so that one which moves on while they are read is seen all the
 * same; delayed twice, because it may also move back.
 */
const UNFINISHED = ['delayed', 'prioritized', 'waiting', 'active', 'delayed'] as const

const unfinished = async (queue: Queue): Promise<readonly WaitingQueueJob[]> => {
  const found = new Map<string, WaitingQueueJob>()
  for (const state of UNFINISHED)
    for (const { id, data } of await queue.getJobs([state])) if (id) found.set(id, { id, payload: data })
  return [...found.values()]
}
