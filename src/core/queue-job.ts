// How a queue job is defined: name, queue, payload, retry, time limit, deduplication, what it starts, what it does —
// in one object, read top to bottom. Nothing here loads BullMQ, so producers may import definitions freely.
import type { z } from 'zod'
import type { Part } from './features.ts'
import type { Lane, QueueName } from './queues.ts'
import type { Logger } from './logger.ts'
import type { Services } from './services.ts'

/** Small numbers a queue job reports: its log line, its counters and its return value in the store. Nothing else. */
export type QueueJobSummary = Readonly<Record<string, number | string | boolean>>

export interface RetryPolicy {
  readonly attempts: number
  /** First wait in ms; doubles each time, and jitter shortens each wait by up to a half. The header of each queue job's file says how much time that covers. */
  readonly backoffMs: number
}

export interface Deduplication<P> {
  /**
   * `skip`: while one waits or runs, further requests are ignored.
   * `keep-last`: while one waits they are ignored; while one runs, exactly one more runs afterwards.
   */
  readonly mode: 'skip' | 'keep-last'
  readonly id: (payload: P) => string
}

/** A definition with its types forgotten: what lists and tables of queue jobs hold. */
// eslint-disable-next-line typescript/no-explicit-any -- a list of differently typed definitions has no better type
export type AnyQueueJob = QueueJob<any, any>

/**
 * What to do about a queue job of the same deduplication id that waits or runs already:
 * `add` coalesces with the one that waits (and lifts it into the higher lane) or follows the one that runs;
 * `if-missing` leaves both alone; `lift` only moves the one that waits, and adds none.
 */
export type EnqueueMode = 'add' | 'if-missing' | 'lift'

/** A queue job of somebody, as the queue holds it. */
export interface WaitingQueueJob {
  readonly id: string
  readonly payload: unknown
}

export interface QueueJobContext<Fan extends readonly AnyQueueJob[] = readonly AnyQueueJob[]> {
  readonly services: Services
  readonly log: Logger
  /** Fires on shutdown and when the time limit is over; hand it to everything that can wait. */
  readonly signal: AbortSignal
  /** BullMQ's id of this queue job: stable over retries. */
  readonly queueJobId: string
  /** 1 for the first attempt. */
  readonly attempt: number
  /** How long ago this attempt began, in ms; when it has failed for good, the last one. */
  readonly ageMs: () => number
  /** Adds queue jobs of a definition named in `fansOutTo`. @returns how many were new (not coalesced), or lifted */
  readonly enqueue: <J extends Fan[number]>(
    job: J,
    payloads: readonly PayloadOf<J>[],
    mode?: EnqueueMode,
  ) => Promise<number>
  /** Everything that waits or runs in a queue; only for queues that stay short. */
  readonly unfinished: (queue: QueueName) => Promise<readonly WaitingQueueJob[]>
}

export interface QueueJob<S extends z.ZodType, Fan extends readonly AnyQueueJob[]> {
  readonly name: string
  readonly queue: QueueName
  readonly about: string
  readonly payload: S
  readonly retry: RetryPolicy
  readonly timeoutMs: number
  /** True when it needs TM's token of `payload.shop`: such queue jobs wait while that shop is paused. */
  readonly callsTekmetric?: boolean
  /**
   * The part of the product this belongs to; null for what runs whatever the shop's flags say, such as what a person asked
   * for. While the part is off for `payload.shop`, such queue jobs end at once with nothing done.
   */
  readonly part?: (payload: z.output<S>) => Part | null
  /** Waits this long before it may start; requests within that time are coalesced. */
  readonly delayMs?: number
  readonly lane?: (payload: z.output<S>) => Lane
  /** With a lane: how many of the same listing were asked for before it; default 0. */
  readonly turn?: (payload: z.output<S>) => number
  /** Goes before everything that waits in its queue; only in queues without lanes. */
  readonly first?: boolean
  readonly dedup?: Deduplication<z.output<S>>
  readonly fansOutTo: Fan
  readonly run: (payload: z.output<S>, ctx: QueueJobContext<Fan>) => Promise<QueueJobSummary>
  /** Called once when the queue job has failed for good (attempts used up, or never to be retried). */
  readonly onFailed?: (payload: z.output<S>, ctx: QueueJobContext<Fan>, error: unknown) => Promise<void>
}

export type PayloadOf<J extends AnyQueueJob> = z.input<J['payload']>

/** Defines a queue job. The object is frozen; register it in `src/workers/catalog.ts`. */
export const defineQueueJob = <S extends z.ZodType, const Fan extends readonly AnyQueueJob[]>(
  spec: QueueJob<S, Fan>,
): QueueJob<S, Fan> => Object.freeze(spec)
