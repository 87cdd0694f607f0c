// Bounds guessing: per address and account, per address, and per account from anywhere. Kept in memory, so per process.
// Successful logins give their attempt back.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { tokenKey } from '../../core/auth/auth.ts'
import { HttpProblem, tooMany } from './problem.ts'

export interface Attempt {
  readonly address: string
  readonly email: string
}

export interface LoginAttempts {
  /** Counts an attempt before it is made, so that parallel guesses are counted too. @throws HttpProblem 429 */
  take(attempt: Attempt): Promise<void>
  /** Forgets it: the password was right. */
  giveBack(attempt: Attempt): Promise<void>
}

export interface LoginLimits {
  /** Wrong passwords for one account from one address in 15 minutes; default 10. */
  readonly perAccountAndAddress?: number
  /** Attempts from one address in 15 minutes; default 60. */
  readonly perAddress?: number
  /** Attempts on one account from anywhere in an hour; default 200, so that a stranger cannot easily lock somebody out. */
  readonly perAccount?: number
}

const QUARTER_HOUR_SECONDS = 15 * 60
const HOUR_SECONDS = 3600

/** Makes the counters. */
export const createLoginAttempts = (limits: LoginLimits = {}): LoginAttempts => {
  const { perAccountAndAddress = 10, perAddress = 60, perAccount = 200 } = limits
  // The address comes first: when it is used up, no counter is made for another made-up account.
  const counters = [
    {
      limiter: new RateLimiterMemory({
        keyPrefix: 'address',
        points: perAddress,
        duration: QUARTER_HOUR_SECONDS,
      }),
      key: (a: Attempt) => network(a.address),
    },
    {
      limiter: new RateLimiterMemory({
        keyPrefix: 'pair',
        points: perAccountAndAddress,
        duration: QUARTER_HOUR_SECONDS,
      }),
      key: (a: Attempt) => `${network(a.address)} ${account(a.email)}`,
    },
    {
      limiter: new RateLimiterMemory({ keyPrefix: 'account', points: perAccount, duration: HOUR_SECONDS }),
      key: (a: Attempt) => account(a.email),
    },
  ]
  return {
    take: async (attempt) => {
      for (const { limiter, key } of counters) {
        try {
          await limiter.consume(key(attempt))
        } catch (err) {
          if (err instanceof RateLimiterRes)
            throw new HttpProblem(tooMany('TOO_MANY_LOGINS', err.msBeforeNext))
          throw err
        }
      }
    },
    giveBack: async (attempt) => {
      for (const { limiter, key } of counters) await limiter.reward(key(attempt))
    },
  }
}

/** Case and spaces do not make another account; hashed so that long inputs cost no memory. */
const account = (email: string): string => tokenKey(email.trim().toLowerCase())

/** One IPv6 customer owns at least a /64; an IPv4 address stands for itself. */
export const network = (address: string): string => {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address
  const [head = '', tail] = address.split('::')
  const left = head.split(':').filter(Boolean)
  const right = (tail ?? '').split(':').filter(Boolean)
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
