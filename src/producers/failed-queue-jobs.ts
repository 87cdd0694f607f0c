// Failed queue jobs of all queues, as an operator asks for them: found by class, queue, shop, RO and time, and asked for
// again in bulk at a bounded rate. The same on every queue store.
// A retry is a new request with today's options and its deduplication; the failed entries go once it is made, so dying
// in between repeats a harmless request and loses nothing. Where other work stands in its place, they stay.
import { isDeepStrictEqual } from 'node:util'
import type { Job, Queue } from 'bullmq'
import type { QueueJobs } from '../core/enqueue.ts'
import { AppError, type FailureClass } from '../core/errors.ts'
import { markedClass } from '../core/failure-class-mark.ts'
import type { AnyQueueJob } from '../core/queue-job.ts'
import { QUEUE_NAMES, type QueueName } from '../core/queues.ts'
import { CATALOG } from '../workers/catalog.ts'
import { numberIn, textIn } from './payload-fields.ts'

export interface FailedFilter {
  readonly queue?: QueueName | undefined
  readonly failureClass?: FailureClass | undefined
  readonly shop?: number | undefined
  readonly ro?: number | undefined
  /** Failed at or after this moment. */
  readonly since?: Date | undefined
  /** At most so many, newest first. */
  readonly limit?: number | undefined
}

/** One piece of work that failed; the same work failing five times is one entry with `times` 5. */
export interface FailedQueueJob {
  readonly queue: QueueName
  readonly name: string
  /** BullMQ's id of the newest failure. */
  readonly id: string
  readonly shop: number | null
  readonly ro: number | null
  readonly date: string | null
  readonly failureClass: FailureClass
  readonly reason: string
  /** ISO-8601 UTC. */
  readonly failedAt: string
  readonly attempts: number
  readonly times: number
}

export interface RetryResult {
  /** Requested anew. */
  readonly retried: number
  /** The same work was waiting already. */
  readonly coalesced: number
  /** Work that this release does not know or would refuse, or in whose place other work waits, and why. They stay failed, as does what a schedule keeps. */
  readonly refused: readonly { readonly job: FailedQueueJob; readonly why: string }[]
  /** When the last of them starts, in ms from now. */
  readonly spreadMs: number
}

interface Found {
  readonly entry: FailedQueueJob
  readonly definition: AnyQueueJob | undefined
  readonly jobs: readonly Job[]
}

const PAGE = 500
const MINUTE_MS = 60_000
const byName = new Map(CATALOG.map((job) => [job.name, job]))

/** Same work, same key: what deduplication says, and of a listing all that it was asked for; else the queue job itself. */
const keyOf = (job: Job, definition: AnyQueueJob | undefined): string => {
  const parsed = definition?.payload.safeParse(job.data)
  if (parsed?.success !== true || definition?.dedup === undefined) return `${job.name} ${job.id}`
  const asked = definition.dedup.mode === 'skip' ? ` ${JSON.stringify(parsed.data)}` : ''
  return `${job.name}.${definition.dedup.id(parsed.data)}${asked}`
}

const matches = (job: Job, { failureClass, shop, ro, since }: FailedFilter): boolean =>
  (shop === undefined || numberIn(job.data, 'shop') === shop) &&
  (ro === undefined || numberIn(job.data, 'ro') === ro) &&
  (since === undefined || (job.finishedOn ?? 0) >= since.getTime()) &&
  (failureClass === undefined || markedClass(job.stacktrace) === failureClass)

const failedOf = async function* (queueJobs: QueueJobs, queue: QueueName): AsyncGenerator<Job, void> {
  for (let start = 0; ; start += PAGE) {
    const page: (Job | undefined)[] = await queueJobs
      .queue(queue)
      .getJobs(['failed'], start, start + PAGE - 1)
    // One that was removed meanwhile comes as undefined.
    for (const job of page) if (job !== undefined) yield job
    if (page.length < PAGE) return
  }
}

const find = async (queueJobs: QueueJobs, filter: FailedFilter): Promise<Found[]> => {
  const found = new Map<string, { newest: Job; jobs: Job[]; queue: QueueName }>()
  for (const queue of filter.queue === undefined ? QUEUE_NAMES : [filter.queue])
    for await (const job of failedOf(queueJobs, queue)) {
      if (!matches(job, filter)) continue
      const key = `${queue} ${keyOf(job, byName.get(job.name))}`
      const group = found.get(key) ?? { newest: job, jobs: [], queue }
      if ((job.finishedOn ?? 0) > (group.newest.finishedOn ?? 0)) group.newest = job
      group.jobs.push(job)
      found.set(key, group)
    }
  return [...found.values()]
    .toSorted((a, b) => (b.newest.finishedOn ?? 0) - (a.newest.finishedOn ?? 0))
    .slice(0, filter.limit ?? found.size)
    .map(({ newest, jobs, queue }) => ({
      entry: entryOf(newest, jobs.length, queue),
      definition: byName.get(newest.name),
      jobs,
    }))
}

const entryOf = (job: Job, times: number, queue: QueueName): FailedQueueJob => ({
  queue,
  name: job.name,
  id: job.id ?? '',
  shop: numberIn(job.data, 'shop'),
  ro: numberIn(job.data, 'ro'),
  date: textIn(job.data, 'date'),
  failureClass: markedClass(job.stacktrace),
  reason: job.failedReason ?? '',
  failedAt: new Date(job.finishedOn ?? 0).toISOString(),
  attempts: job.attemptsMade,
  times,
})

/** Newest first. */
export const listFailed = async (queueJobs: QueueJobs, filter: FailedFilter): Promise<FailedQueueJob[]> =>
  (await find(queueJobs, filter)).map(({ entry }) => entry)

/** Of each queue so many are looked at for their class: enough to see what goes wrong, cheap at any number. */
export const CLASSES_OF_NEWEST = PAGE

/** Failed queue jobs by class, of the newest of each queue; how many there are in all its counts say. */
export const countFailed = async (
  queueJobs: QueueJobs,
  newest = CLASSES_OF_NEWEST,
): Promise<Partial<Record<FailureClass, number>>> => {
  const counts: Partial<Record<FailureClass, number>> = {}
  for (const queue of QUEUE_NAMES) {
    const jobs: (Job | undefined)[] = await queueJobs.queue(queue).getJobs(['failed'], 0, newest - 1)
    for (const job of jobs) {
      if (job === undefined) continue
      const failureClass = markedClass(job.stacktrace)
      counts[failureClass] = (counts[failureClass] ?? 0) + 1
    }
  }
  return counts
}

/** Asks for the work again, spread so that at most `perMinute` start in a minute. */
export const retryFailed = async (
  queueJobs: QueueJobs,
  filter: FailedFilter,
  { perMinute }: { readonly perMinute: number },
): Promise<RetryResult> => {
  const step = MINUTE_MS / perMinute
  const refused: { job: FailedQueueJob; why: string }[] = []
  let retried = 0
  let coalesced = 0
  for (const { entry, definition, jobs } of await find(queueJobs, filter)) {
    const requested = await requestAgain(queueJobs, { entry, definition, jobs }, (retried + coalesced) * step)
    if (typeof requested === 'string') {
      refused.push({ job: entry, why: requested })
      continue
    }
    if (requested.isNew) retried += 1
    else coalesced += 1
    let isGone = true
    for (const job of jobs) isGone = (await forget(queueJobs.queue(entry.queue), job)) && isGone
    if (!isGone) refused.push({ job: entry, why: KEPT_BY_ITS_SCHEDULE })
  }
  return { retried, coalesced, refused, spreadMs: Math.round(Math.max(0, retried + coalesced - 1) * step) }
}

const KEPT_BY_ITS_SCHEDULE =
  'it was asked for again, but its entry stays: on Postgres BullMQ removes nothing that a schedule has made'

/**
 * Removes a failed entry; one that somebody else has asked for again, or removed, is gone already.
 * @returns false when the store keeps it for its schedule
 */
const forget = async (queue: Queue, { id = '', repeatJobKey }: Job): Promise<boolean> => {
  const isGone = async () => (await queue.getJobState(id)) !== 'failed'
  try {
    if ((await isGone()) || (await queue.remove(id)) === 1 || (await isGone())) return true
  } catch (error) {
    if (repeatJobKey === undefined) throw error
    return false
  }
  throw new Error(`the failed entry ${id} cannot be removed`)
}

/** @returns why it cannot be requested, as a sentence */
const requestAgain = async (
  queueJobs: QueueJobs,
  { entry, definition, jobs }: Found,
  delayMs: number,
): Promise<string | { readonly isNew: boolean }> => {
  if (definition === undefined) return `this release has no queue job ${entry.name}`
  const newest = jobs.find((job) => job.id === entry.id) ?? jobs[0]
  try {
    const payload = payloadAgain(entry, newest?.data)
    const { result, id } = await queueJobs.request(definition, payload, delayMs)
    if (result === 'queued') return { isNew: true }
    const other =
      definition.dedup?.mode === 'skip' && !(await asksTheSame(queueJobs, { definition, payload, id }))
    return other
      ? `another ${entry.name} of the shop waits or runs: retry this one when it is done`
      : { isNew: false }
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}

/** While one of its kind waits a listing is ignored, whatever it asks for. */
const asksTheSame = async (
  queueJobs: QueueJobs,
  { definition, payload, id }: { definition: AnyQueueJob; payload: unknown; id: string },
): Promise<boolean> => {
  const there: Job | undefined = await queueJobs.queue(definition.queue).getJob(id)
  return isDeepStrictEqual(definition.payload.safeParse(there?.data).data, definition.payload.parse(payload))
}

/** A listing that failed has ended its run; asked again it opens a run of its own. */
const payloadAgain = ({ queue }: FailedQueueJob, data: unknown): unknown => {
  if (queue !== 'discovery') return data
  const { run: _ended, ...payload } = data as Readonly<Record<string, unknown>>
  return payload
}
