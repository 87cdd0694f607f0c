// Waits for a state, and says how long that took.
import { setTimeout as pause } from 'node:timers/promises'

const POLL_MS = 100

/** @returns ms until it was reached. @throws Error naming what was not reached in time */
export const eventually = async (
  what: string,
  withinMs: number,
  reached: () => Promise<boolean>,
): Promise<number> => {
  const from = performance.now()
  while (!(await reached())) {
    if (performance.now() - from > withinMs) throw new Error(`${what}: not within ${withinMs} ms`)
    await pause(POLL_MS)
  }
  return Math.round(performance.now() - from)
}
