// Error → outcome, and nothing else: the one function that decides by failure class what happens to a queue job.
import { DelayedError, UnrecoverableError, type Job } from 'bullmq'
import { failureClassOf, NotYet, UpstreamThrottled } from '../core/errors.ts'
import { markedStack } from '../core/failure-class-mark.ts'
import { describe } from './describe.ts'

/** How long a queue job of a paused shop waits before it looks again whether a token works. */
export const CREDENTIAL_RECHECK_MS = 30_000

/** What was decided; `later` and `handed-back` spend no attempt. */
export type Settlement = 'later' | 'handed-back' | 'retry' | 'failed'

export interface SettleInput {
  readonly job: Job
  readonly token: string
  readonly error: unknown
  readonly attempts: number
  /** True when the process is shutting down: the queue job goes back, whatever it threw. */
  readonly shuttingDown: boolean
}

/** Decides without acting, so that it can be logged and tested as a table. */
export const settlementOf = ({ job, error, attempts, shuttingDown }: SettleInput): Settlement => {
  if (shuttingDown) return 'handed-back'
  switch (failureClassOf(error)) {
    case 'throttled':
    case 'credential':
      return 'later'
    case 'data':
    case 'gone':
      return 'failed'
    case 'transient':
    case 'bug':
      return job.attemptsMade + 1 < attempts ? 'retry' : 'failed'
  }
}

/**
 * Tells BullMQ. Always throws: what it throws is the instruction.
 * @throws DelayedError (waits, no attempt spent), UnrecoverableError (failed for good) or the error itself (backs off)
 */
export const settle = async (input: SettleInput, settlement: Settlement): Promise<never> => {
  const { job, token, error } = input
  switch (settlement) {
    case 'handed-back':
      return waitUntil(job, token, Date.now())
    case 'later':
      return waitUntil(job, token, Date.now() + waitMs(error))
    case 'failed':
      throw unrecoverable(error)
    case 'retry':
      throw error
  }
}

const waitUntil = async (job: Job, token: string, at: number): Promise<never> => {
  await job.moveToDelayed(at, token)
  throw new DelayedError()
}

const waitMs = (error: unknown): number =>
  error instanceof UpstreamThrottled || error instanceof NotYet
    ? Math.max(250, error.waitMs)
    : CREDENTIAL_RECHECK_MS

/** A reason a person understands, with the class, stack and cause of the original kept for Bull Board and the CLI. */
const unrecoverable = (error: unknown): UnrecoverableError => {
  const reason = new UnrecoverableError(describe(error))
  reason.stack = markedStack(error, reason.message)
  return reason
}
