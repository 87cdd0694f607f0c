// Spares the store a question whose answer is known: what we added with a delay is still delayed, and would coalesce.
// Hundreds of ROs of one day ask for its rebuild within the delay of the first. Should a person remove or promote it
// meanwhile, the sweeper finds the mark that asked for it.
import type { JobsOptions } from 'bullmq'

export interface WaitingNote {
  /** True when this process added a queue job with that deduplication id and its delay has not passed since. */
  surely(opts: JobsOptions): boolean
  /** `askedAt`: before the store was asked, so that the note always ends before the delay does. */
  note(opts: JobsOptions, askedAt: number): void
}

export const createWaitingNote = (): WaitingNote => {
  const until = new Map<string, number>()
  return {
    surely: ({ deduplication }) =>
      deduplication !== undefined && (until.get(deduplication.id) ?? 0) > performance.now(),
    note: ({ deduplication, delay = 0 }, askedAt) => {
      if (deduplication === undefined || delay === 0) return
      // Insertion order is order of age, so what has passed is found at the front.
      for (const [id, end] of until) {
        if (end > askedAt) break
        until.delete(id)
      }
      until.delete(deduplication.id)
      until.set(deduplication.id, askedAt + delay)
    },
  }
}
