// What the doctor says: one line per thing looked at, and what to do when it is not as it should be.
import { describe } from '../../workers/describe.ts'

export type Health = 'ok' | 'warn' | 'fail'

export interface Finding {
  /** What was looked at, in two or three words. */
  readonly check: string
  readonly health: Health
  /** What was seen. Never a value of a secret setting. */
  readonly says: string
  /** null when there is nothing to do. */
  readonly advice: string | null
}

export const ok = (check: string, says: string): Finding => ({ check, health: 'ok', says, advice: null })

export const warn = (check: string, says: string, advice: string): Finding => ({
  check,
  health: 'warn',
  says,
  advice,
})

export const fail = (check: string, says: string, advice: string): Finding => ({
  check,
  health: 'fail',
  says,
  advice,
})

/** A look that breaks is a finding too, and keeps the others from nothing. */
export const looked = async (
  check: string,
  advice: string,
  look: () => Promise<readonly Finding[]>,
): Promise<readonly Finding[]> => {
  try {
    return await look()
  } catch (error) {
    return [fail(check, describe(error), advice)]
  }
}

const WARN_SECONDS = 2
const FAIL_SECONDS = 30

/**
 * How far a server's clock is from ours, by a question whose answer carries its time.
 * Tokens, schedules and the order of reads live on these clocks.
 */
export const clockFinding = (
  check: string,
  { askedAt, answeredAt, serverTime }: { askedAt: number; answeredAt: number; serverTime: number },
): Finding => {
  const roundTrip = answeredAt - askedAt
  const off = (serverTime - (askedAt + roundTrip / 2)) / 1000
  // Half the round trip is not known; it must not pass for a wrong clock.
  const surely = Math.max(0, Math.abs(off) - roundTrip / 2000)
  const says = `${Math.abs(off).toFixed(2)} s ${off < 0 ? 'behind' : 'ahead of'} this machine`
  const advice = 'let both machines follow NTP'
  if (surely > FAIL_SECONDS) return fail(check, says, advice)
  return surely > WARN_SECONDS ? warn(check, says, advice) : ok(check, says)
}
