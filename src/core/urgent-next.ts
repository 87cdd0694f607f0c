// What follows a queue job that is active, when somebody waits for it. BullMQ keeps the last request as the one that
// follows, whatever its lane, and shows it to nobody. So an urgent one is noted at the active queue job, and who comes
// later in a lower lane puts it back. Noted first and asked for once more after that: whichever of the two comes last in
// the store, the urgent one follows.
import type { Job } from 'bullmq'
import type { AnyQueueJob } from './queue-job.ts'

/** Kept where BullMQ keeps a queue job's progress, which nothing else of ours uses. */
interface Note {
  readonly urgentNext: unknown
}

/** The payload noted at a queue job; null when there is none that this release would take. */
export const notedNext = (job: AnyQueueJob, active: Job | undefined): unknown => {
  const note = active?.progress as Partial<Note> | number | undefined
  if (typeof note !== 'object' || note.urgentNext === undefined) return null
  return job.payload.safeParse(note.urgentNext).success ? note.urgentNext : null
}

/** @returns false when the queue job has ended meanwhile, so that nothing has to follow it */
export const noteNext = async (active: Job, payload: unknown): Promise<boolean> => {
  const note: Note = { urgentNext: payload }
  try {
    await active.updateProgress(note)
    return true
  } catch (error) {
    if ((await active.getState()) === 'active') throw error
    return false
  }
}

/** Whether a person asked for it: it is done whatever parts are switched off, so nothing else stands for it. */
export const isAskedByName = (job: AnyQueueJob, payload: unknown): boolean => {
  const parsed = job.payload.safeParse(payload)
  return parsed.success && (job.part?.(parsed.data) ?? null) === null
}
