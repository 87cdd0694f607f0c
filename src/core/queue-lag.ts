// How long the oldest queue job of a queue has been waiting: what tells a queue that moves from one that only looks alive.
import type { Job, JobType, Queue } from 'bullmq'

/** Where queue jobs wait. A delayed one waits once its time has come. */
const WAITING: readonly JobType[] = ['waiting', 'prioritized', 'delayed']

/** A queue job that was handed back waits since then, not since it was first asked for. */
const waitingSince = ({ timestamp, processedOn, delay }: Job): number =>
  (processedOn ?? timestamp) + (delay ?? 0)

/**
 * Seconds since the longest waiting queue job could have begun; 0 when none waits.
 * Looks at both ends of each line: the next to be served, and the one that others keep passing.
 */
export const oldestWaitingSeconds = async (queue: Queue, now = Date.now()): Promise<number> => {
  const ends = await Promise.all(
    WAITING.flatMap((state) => [queue.getJobs([state], 0, 0, true), queue.getJobs([state], 0, 0, false)]),
  )
  const ages = ends
    .flat()
    .flatMap((job: Job | undefined) => (job === undefined ? [] : [now - waitingSince(job)]))
  return Math.max(0, ...ages) / 1000
}
