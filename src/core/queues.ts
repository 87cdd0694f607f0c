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

/** Kept for an operator's look at what just happened, not for bookkeeping: that is `sync_log`. Dropping old ones costs time with each finished one. */
export const KEEP_COMPLETED = { count: 200 }
/** Failed queue jobs stay for two weeks so that they can be understood and retried. */
export const KEEP_FAILED = { age: 14 * DAY_SECONDS, count: 20_000 }

/** Lanes, most urgent first. */
export const LANES = ['interactive', 'incremental', 'repair', 'backfill'] as const
export type Lane = (typeof LANES)[number]

/** How far apart two queue jobs of one listing stand in the line: the larger, the more others get in between. */
export const LANE_STRIDE: Readonly<Record<Lane, number>> = {
  interactive: 0,
  incremental: 10,
  repair: 20,
  backfill: 100,
}

/** BullMQ takes priorities up to 2,097,151; beyond this the line is first come, first served. */
const LAST_PLACE = 2_000_000

/**
 * The place in the line of a queue with lanes: BullMQ's priority, 1 is served first, equal ones in order of arrival.
 * `turn` counts from 0 within what one shop asked for at once (a listing, the waiting part of a backfill), so shops and
 * lanes take turns (stride scheduling), and small new work passes a long line: docs/decisions/0013-lanes-take-turns.md.
 */
export const priorityOf = (lane: Lane, turn: number): number =>
  1 + Math.min((turn + 1) * LANE_STRIDE[lane], LAST_PLACE)
