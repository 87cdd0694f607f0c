// A signal that fires with any of several others, or when a time is over. Written by hand: what AbortSignal.any makes of
// AbortSignal.timeout is garbage-collected on Node 20 and then never fires, and it keeps every combined signal alive as
// long as a long-lived parent.

export interface JoinedSignal {
  readonly signal: AbortSignal
  /** Ends the timer and lets go of the parents; the signal fires no more. */
  readonly release: () => void
}

export interface JoinOptions {
  readonly timeoutMs?: number
  /** What the signal's reason is when the time is over; default a DOMException named TimeoutError. */
  readonly timeoutReason?: () => unknown
}

const timedOut = (): DOMException => new DOMException('the time limit is reached', 'TimeoutError')

/** The caller must `release` it when the work is done, also after an error. */
export const joinSignals = (
  parents: readonly (AbortSignal | undefined)[],
  { timeoutMs, timeoutReason = timedOut }: JoinOptions = {},
): JoinedSignal => {
  const controller = new AbortController()
  const joined = parents.filter((parent) => parent !== undefined)
  const listeners = joined.map((parent) => {
    const abort = () => controller.abort(parent.reason)
    if (parent.aborted) abort()
    parent.addEventListener('abort', abort, { once: true })
    return () => parent.removeEventListener('abort', abort)
  })
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(timeoutReason()), timeoutMs)
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(timer)
      for (const forget of listeners) forget()
    },
  }
}

/** Waits until the signal fires. */
export const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
