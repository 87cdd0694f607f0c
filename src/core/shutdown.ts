// Ordered, bounded shutdown: every part registers how it is closed; parts close in reverse order of registration,
// each within its own time limit, and a part that hangs does not keep the others from closing.
import type { Logger } from './logger.ts'
import { withinTime } from './time-limit.ts'

interface Part {
  readonly name: string
  readonly timeoutMs: number
  readonly close: () => Promise<unknown>
}

export interface Shutdown {
  /** Registers a part; the last one registered closes first. `timeoutMs` defaults to 5 s. */
  add(name: string, close: () => Promise<unknown>, timeoutMs?: number): void
  /** Closes everything once; further calls wait for the same end. Resolves to the names of parts that failed or hung. */
  run(): Promise<string[]>
}

/** Makes a shutdown list. Nothing is bound to signals here: see `onSignals`. */
export const createShutdown = (log: Logger): Shutdown => {
  const parts: Part[] = []
  let running: Promise<string[]> | undefined
  const closeAll = async (): Promise<string[]> => {
    const failed: string[] = []
    for (const part of parts.toReversed()) {
      try {
        await withinTime(part.close(), part.timeoutMs, part.name)
        log.debug({ event: 'shutdown.closed', part: part.name }, `${part.name} closed`)
      } catch (err) {
        failed.push(part.name)
        log.error({ event: 'shutdown.failed', part: part.name, err }, `${part.name} did not close cleanly`)
      }
    }
    return failed
  }
  return {
    add: (name, close, timeoutMs = 5_000) => void parts.push({ name, close, timeoutMs }),
    run: () => (running ??= closeAll()),
  }
}

/**
 * Calls `stop` on the first SIGTERM or SIGINT; a second signal ends the process at once.
 * @returns a function that takes the handlers off again
 */
export const onSignals = (stop: (signal: NodeJS.Signals) => void): (() => void) => {
  let asked = false
  const handler = (signal: NodeJS.Signals) => {
    if (asked) process.exit(130)
    asked = true
    stop(signal)
  }
  process.on('SIGTERM', handler)
  process.on('SIGINT', handler)
  return () => {
    process.off('SIGTERM', handler)
    process.off('SIGINT', handler)
  }
}
