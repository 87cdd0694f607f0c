// The table of queues: how many queue jobs each runs at once per worker process, and how long finished ones are kept.
// Redis keys stay bounded (G10): completed queue jobs are kept briefly, failed ones 14 days, both also by count.

export interface QueueSpec {
  /** Queue jobs one worker process runs at the same time. */
  readonly concurrency: number
}

export const QUEUES = {
  discovery: { concurrency: 4 },
  'repair-orders': { concurrency: 16 },
  snapshots: { concurrency: 8 },
  metrics: { concurrency: 4 },
  maintenance: { concurrency: 2 },
} as const satisfies Record<string, QueueSpec>

export type QueueName = keyof typeof QUEUES
export const QUEUE_NAMES = Object.keys(QUEUES) as readonly QueueName[]

const DAY_SECONDS = 24 * 3600

/** Kept for an operator's look at what just happened, not for bookkeeping: that is `sync_log`. */
export const KEEP_COMPLETED = { age: DAY_SECONDS, count: 1_000 }
/** Failed queue jobs stay for two weeks so that they can be understood and retried. */
export const KEEP_FAILED = { age: 14 * DAY_SECONDS, count: 20_000 }

/**
 * Lanes, most urgent first. Every queue job of a queue has a priority or none has: BullMQ serves those without one first.
 * 1 is the most urgent.
 */
export const LANES = ['interactive', 'incremental', 'repair', 'backfill'] as const
export type Lane = (typeof LANES)[number]
export const LANE_PRIORITY: Readonly<Record<Lane, number>> = {
  interactive: 1,
  incremental: 10,
  repair: 20,
  backfill: 30,
}
