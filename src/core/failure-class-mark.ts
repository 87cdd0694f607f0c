// A failed queue job remembers the class of its error as the first line of its stack trace: the store keeps reason and
// stack only, and nothing may be decided by the words of a reason.
import { FAILURE_CLASSES, failureClassOf, type FailureClass } from './errors.ts'

const MARK = 'failure class: '

/** The stack of an error under its class. */
export const markedStack = (error: unknown, reason: string): string =>
  `${MARK}${failureClassOf(error)}\n${error instanceof Error && error.stack !== undefined ? error.stack : reason}`

/** The class of the last error; a queue job that BullMQ failed by itself (stalled too often) has none and is a bug. */
export const markedClass = (stacktrace: readonly string[] | null | undefined): FailureClass => {
  const newest = stacktrace?.findLast((stack) => stack.startsWith(MARK)) ?? ''
  const named = newest.slice(MARK.length).split('\n', 1)[0]
  return FAILURE_CLASSES.find((failureClass) => failureClass === named) ?? 'bug'
}
