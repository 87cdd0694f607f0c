// Waits until the pipeline has nothing left to do: no queue job waits or runs and nothing is marked in the warehouse.
// What a dead process left behind is picked up by the product's own sweeper, asked for as often as needed.
import { setTimeout as pause } from 'node:timers/promises'
import { QUEUE_NAMES } from '../../src/core/queues.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import type { PipelineParts } from './pipeline-parts.ts'

const POLL_MS = 50
const STATES = ['waiting', 'active', 'delayed', 'prioritized', 'waiting-children'] as const

export interface Left {
  /** Queue jobs by queue and state, where there are any. */
  readonly queues: Readonly<Record<string, number>>
  readonly queueJobs: number
  /** Marks in the warehouse: stale ROs, dirty days, pending items, open runs, unknown customers and vehicles. */
  readonly marks: number
  readonly backlog: unknown
}

export const whatIsLeft = async ({
  queueJobs,
  services,
}: Pick<PipelineParts, 'queueJobs' | 'services'>): Promise<Left> => {
  const queues: Record<string, number> = {}
  for (const name of QUEUE_NAMES) {
    const counts = await queueJobs.queue(name).getJobCounts(...STATES)
    for (const [state, count] of Object.entries(counts)) if (count > 0) queues[`${name}.${state}`] = count
  }
  const backlog = await services.warehouse.operations.backlog({})
  const { staleRos, dirtyDays, pendingItems, openRuns, unknownParties } = backlog
  return {
    queues,
    queueJobs: Object.values(queues).reduce((sum, count) => sum + count, 0),
    marks: staleRos + dirtyDays + pendingItems + openRuns + unknownParties,
    backlog,
  }
}

export interface QuietOptions {
  /** Default 60 s. */
  readonly withinMs?: number
}

/** @throws Error naming what is left when the time is over */
export const waitUntilQuiet = async (
  parts: Pick<PipelineParts, 'queueJobs' | 'services'>,
  { withinMs = 60_000 }: QuietOptions = {},
): Promise<void> => {
  const deadline = Date.now() + withinMs
  for (;;) {
    const left = await whatIsLeft(parts)
    if (left.queueJobs === 0 && left.marks === 0) return
    if (Date.now() > deadline)
      throw new Error(`the pipeline is not quiet after ${withinMs} ms: ${JSON.stringify(left)}`)
    // Nothing in the queues and marks in the warehouse: the moment for which the sweeper exists.
    if (left.queueJobs === 0) await parts.queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
    await pause(POLL_MS)
  }
}
