// Queue jobs of one RO, in every state and every queue that holds any; the same on every queue store.
// A store keeps queue jobs by state, not by RO, so this is how they are found and what it costs: what waits or runs by its
// deduplication id, one question per queue; everything else by looking through each state from its newest on, `MOST_LOOKED_AT`
// queue jobs at most. A queue that holds more of one state says so (`incomplete`). What is asked for again by hand in Bull Board
// has lost its deduplication id and is found by looking through, too.
import type { Job, JobState } from 'bullmq'
import type { QueueJobs } from '../core/enqueue.ts'
import type { FailureClass } from '../core/errors.ts'
import { markedClass } from '../core/failure-class-mark.ts'
import type { AnyQueueJob } from '../core/queue-job.ts'
import type { QueueName } from '../core/queues.ts'
import { CATALOG } from '../workers/catalog.ts'
import { numberIn, textIn } from './payload-fields.ts'

export interface FoundQueueJob {
  readonly queue: QueueName
  readonly name: string
  /** BullMQ's id. */
  readonly id: string
  readonly state: SearchedState
  /** Who asked: `listed`, `requested`, `webhook`, …; null for queue jobs that do not say. */
  readonly reason: string | null
  readonly lane: string | null
  readonly attempts: number
  /** ISO-8601 UTC. */
  readonly addedAt: string
  /** When it ended, well or not. */
  readonly finishedAt: string | null
  readonly failure: { readonly failureClass: FailureClass; readonly reason: string } | null
}

export interface QueueJobSearch {
  /** What runs first, then what waits, then what ended, newest first. */
  readonly queueJobs: readonly FoundQueueJob[]
  /** Queues and states that hold more than were looked at. */
  readonly incomplete: readonly { readonly queue: QueueName; readonly state: SearchedState }[]
}

const STATES = ['active', 'waiting', 'prioritized', 'delayed', 'failed', 'completed'] as const
type SearchedState = (typeof STATES)[number]

/** More failed queue jobs than these would take a person a day to look at; a second of the store's time at most. */
const MOST_LOOKED_AT = 5_000
const PAGE = 500

interface Wanted {
  readonly shop: number
  /** TM's id. */
  readonly ro: number
}

/** Definitions whose payload names an RO: only their queues can hold any. */
const OF_AN_RO: readonly AnyQueueJob[] = CATALOG.filter(
  ({ payload }) => 'shape' in payload && 'ro' in (payload.shape as object),
)

export const findQueueJobs = async (queueJobs: QueueJobs, wanted: Wanted): Promise<QueueJobSearch> => {
  const queues = [...new Set(OF_AN_RO.map(({ queue }) => queue))]
  const found = new Map<string, { queue: QueueName; state: SearchedState; job: Job }>()
  const incomplete: { queue: QueueName; state: SearchedState }[] = []
  for (const queue of queues) {
    for (const state of STATES) {
      const { jobs, isComplete } = await lookThrough(queueJobs, { queue, state, wanted })
      for (const job of jobs) found.set(`${queue} ${job.id}`, { queue, state, job })
      if (!isComplete) incomplete.push({ queue, state })
    }
    for (const waiting of await byDeduplication(queueJobs, queue, wanted))
      found.set(`${queue} ${waiting.job.id}`, { queue, ...waiting })
  }
  const entries = [...found.values()].map(entryOf)
  return { queueJobs: entries.toSorted(byStateThenAge), incomplete }
}

/** What waits or runs under the deduplication id of this RO, however long the line is. */
const byDeduplication = async (
  queueJobs: QueueJobs,
  queue: QueueName,
  { shop, ro }: Wanted,
): Promise<{ job: Job; state: SearchedState }[]> => {
  const line = queueJobs.queue(queue)
  const found: { job: Job; state: SearchedState }[] = []
  for (const { name, dedup } of OF_AN_RO.filter((job) => job.queue === queue)) {
    const id =
      dedup === undefined ? null : await line.getDeduplicationJobId(`${name}.${dedup.id({ shop, ro })}`)
    const job: Job | undefined = id === null ? undefined : await line.getJob(id)
    const state = await job?.getState()
    if (job !== undefined && isSearched(state)) found.push({ job, state })
  }
  return found
}

const isSearched = (state: JobState | 'unknown' | undefined): state is SearchedState =>
  STATES.some((searched) => searched === state)

const lookThrough = async (
  queueJobs: QueueJobs,
  { queue, state, wanted }: { queue: QueueName; state: SearchedState; wanted: Wanted },
): Promise<{ jobs: Job[]; isComplete: boolean }> => {
  const jobs: Job[] = []
  for (let start = 0; start < MOST_LOOKED_AT; start += PAGE) {
    const page: (Job | undefined)[] = await queueJobs.queue(queue).getJobs([state], start, start + PAGE - 1)
    // One that moved on meanwhile comes as undefined.
    for (const job of page) if (job !== undefined && isOf(job, wanted)) jobs.push(job)
    if (page.length < PAGE) return { jobs, isComplete: true }
  }
  return { jobs, isComplete: false }
}

const isOf = ({ data }: Job, { shop, ro }: Wanted): boolean =>
  numberIn(data, 'shop') === shop && numberIn(data, 'ro') === ro

const instant = (ms: number | undefined): string | null =>
  ms === undefined ? null : new Date(ms).toISOString()

const entryOf = ({
  queue,
  state,
  job,
}: {
  queue: QueueName
  state: SearchedState
  job: Job
}): FoundQueueJob => ({
  queue,
  name: job.name,
  id: job.id ?? '',
  state,
  reason: textIn(job.data, 'reason'),
  lane: textIn(job.data, 'lane'),
  attempts: job.attemptsMade,
  addedAt: new Date(job.timestamp).toISOString(),
  finishedAt: state === 'failed' || state === 'completed' ? instant(job.finishedOn) : null,
  failure:
    state === 'failed' ? { failureClass: markedClass(job.stacktrace), reason: job.failedReason ?? '' } : null,
})

const byStateThenAge = (a: FoundQueueJob, b: FoundQueueJob): number => {
  const ended = ({ finishedAt }: FoundQueueJob): number => (finishedAt === null ? 0 : 1)
  if (ended(a) !== ended(b)) return ended(a) - ended(b)
  if (ended(a) === 0) return STATES.indexOf(a.state) - STATES.indexOf(b.state)
  return (b.finishedAt ?? '').localeCompare(a.finishedAt ?? '')
}
