// Questions to parts that may be away: an answer in time or an error, and never two of the same question at once.
import { AppError } from './errors.ts'

/** @throws AppError (transient) naming `what` when there is no answer in time; the late answer harms nobody */
export const withinTime = async <T>(answer: Promise<T>, ms: number, what: string): Promise<T> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('transient', 'TOO_SLOW', `${what}: no answer within ${ms} ms`)),
      ms,
    )
  })
  answer.catch(() => undefined)
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Whoever asks while the task runs gets the same run: what hangs is not asked again and again. */
export const oneAtATime = <T>(task: () => Promise<T>): (() => Promise<T>) => {
  let running: Promise<T> | null = null
  return () => {
    running ??= task().finally(() => (running = null))
    return running
  }
}
