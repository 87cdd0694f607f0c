// Bounds what one caller may ask of one process, and how many streams it may hold. Kept in memory.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import type { Identity } from '../../../core/auth/auth.ts'
import { HttpProblem, tooMany } from '../problem.ts'
import { createStrangers, type TryUnknown } from './strangers.ts'

export interface LimitOptions {
  /** Requests of one caller; default 3,000 a minute, far more than a person or a well-behaved program makes. */
  readonly perCallerPerMinute?: number
  /** Requests with a wrong token from one address; default 120 a minute. */
  readonly refusedPerMinute?: number
  /** Streams and waiting answers one caller may hold open; default 20. */
  readonly streamsPerCaller?: number
}

export interface CallerLimits {
  /** Counts a request of a known caller. @throws HttpProblem 429 */
  take(identity: Identity): Promise<void>
  /** See strangers.ts. */
  readonly tryUnknown: TryUnknown
  /** Counts a stream. @returns what ends it. @throws HttpProblem 429 */
  openStream(identity: Identity): () => void
}

export const createCallerLimits = (options: LimitOptions = {}): CallerLimits => {
  const { perCallerPerMinute = 3_000, refusedPerMinute = 120, streamsPerCaller = 20 } = options
  const callers = new RateLimiterMemory({ keyPrefix: 'caller', points: perCallerPerMinute, duration: 60 })
  const streams = new Map<string, number>()
  return {
    take: ({ kind, userId }) => consume(callers, `${kind}:${userId}`),
    tryUnknown: createStrangers(refusedPerMinute),
    openStream: ({ kind, userId }) => {
      const key = `${kind}:${userId}`
      const open = streams.get(key) ?? 0
      if (open >= streamsPerCaller)
        throw new HttpProblem({
          status: 429,
          code: 'TOO_MANY_STREAMS',
          detail: `One caller may hold ${streamsPerCaller} streams and waiting answers open; end one first.`,
          // By the next heartbeat a stream whose caller has gone is closed.
          headers: { 'Retry-After': '15' },
        })
      streams.set(key, open + 1)
      return () => {
        const left = (streams.get(key) ?? 1) - 1
        if (left === 0) streams.delete(key)
        else streams.set(key, left)
      }
    },
  }
}

const consume = async (limiter: RateLimiterMemory, key: string): Promise<void> => {
  try {
    await limiter.consume(key)
  } catch (err) {
    if (err instanceof RateLimiterRes) throw new HttpProblem(tooMany('TOO_MANY_REQUESTS', err.msBeforeNext))
    throw err
  }
}
