// Tokens that nobody knows here, bounded by address: a wrong one counts, and who sends too many is refused before anything is
// looked up. Right ones wait for their turn when there are many at once, so that a program that starts with hundreds of
// callers loses none.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { TokenRefused } from '../../../core/auth/refusals.ts'
import { network } from '../login-attempts.ts'
import { HttpProblem, tooMany } from '../problem.ts'

/** Looks up a token that is not known here. @throws HttpProblem 429 when its address has tried too many, what `lookUp` throws */
export type TryUnknown = <T>(address: string, lookUp: () => Promise<T>) => Promise<T>

interface Turns {
  active: number
  readonly waiting: (() => void)[]
}

/** @param most wrong tokens of one address in a minute; also how many are looked up at once */
export const createStrangers = (most: number): TryUnknown => {
  const wrong = new RateLimiterMemory({ keyPrefix: 'stranger', points: most, duration: 60 })
  const lines = new Map<string, Turns>()

  /** Until the wrong ones and those under way leave room. */
  const enter = async (key: string, turns: Turns): Promise<void> => {
    for (;;) {
      const tried = await wrong.get(key)
      const count = tried?.consumedPoints ?? 0
      if (tried !== null && count >= most)
        throw new HttpProblem(tooMany('TOO_MANY_REQUESTS', tried.msBeforeNext))
      if (count + turns.active < most) break
      await new Promise<void>((resolve) => turns.waiting.push(resolve))
    }
    turns.active += 1
  }
  const leave = (key: string, turns: Turns): void => {
    turns.waiting.shift()?.()
    if (turns.active === 0 && turns.waiting.length === 0) lines.delete(key)
  }
  return async (address, lookUp) => {
    const key = network(address)
    const turns = lines.get(key) ?? { active: 0, waiting: [] }
    lines.set(key, turns)
    try {
      await enter(key, turns)
    } catch (error) {
      leave(key, turns) // Whoever waits is refused, too.
      throw error
    }
    try {
      return await lookUp()
    } catch (error) {
      if (error instanceof TokenRefused) await countWrong(wrong, key)
      throw error
    } finally {
      turns.active -= 1
      leave(key, turns)
    }
  }
}

const countWrong = async (wrong: RateLimiterMemory, key: string): Promise<void> => {
  try {
    await wrong.consume(key)
  } catch (error) {
    if (!(error instanceof RateLimiterRes)) throw error
  }
}
