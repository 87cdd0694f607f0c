// Waits for what was asked for: a run, a backfill, or the snapshots and days that follow from them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '../core/services.ts'
import type { BackfillProgress } from '../core/warehouse/backfills.ts'
import type { RunProgress } from '../core/warehouse/runs.ts'

export interface Following<T> {
  /** Told at every look, also the last; what it throws ends the waiting. */
  readonly onProgress?: (state: T) => void | Promise<void>
  /** Ends the waiting with its reason. */
  readonly signal?: AbortSignal | undefined
  /** Default 250 ms. */
  readonly pollMs?: number
}

const POLL_MS = 250

const pause = ({ signal, pollMs = POLL_MS }: Following<never>): Promise<void> =>
  sleep(pollMs, undefined, signal === undefined ? {} : { signal })

/** True when nothing will happen to this run any more. */
export const isEnded = ({ status }: Pick<RunProgress, 'status'>): boolean =>
  status === 'finished' || status === 'failed'

/** Waits until a run has ended. */
export const followRun = async (
  { warehouse: { runs } }: Services,
  runId: string,
  following: Following<RunProgress> = {},
): Promise<RunProgress> => {
  for (;;) {
    const seen = await runs.progress({ runId })
    // Whoever looks first ends it; the sweep would do so within a minute.
    const run = seen.status === 'syncing' && seen.pending === 0 ? await runs.finish({ runId }) : seen
    await following.onProgress?.(run)
    if (isEnded(run)) return run
    await pause(following as Following<never>)
  }
}

/** Waits until a backfill has ended. */
export const followBackfill = async (
  { warehouse }: Services,
  backfillId: string,
  following: Following<BackfillProgress> = {},
): Promise<BackfillProgress> => {
  for (;;) {
    const state = await warehouse.backfills.progress({ backfillId })
    await following.onProgress?.(state)
    if (state.status === 'finished') return state
    await pause(following as Following<never>)
  }
}

export interface FanOut {
  readonly staleRos: number
  readonly dirtyDays: number
}

/** Waits until no snapshot and no day is left to compute, of one shop or (null) of all. */
export const followFanOut = async (
  { warehouse }: Services,
  shopId: string | null,
  following: Following<FanOut> = {},
): Promise<void> => {
  for (;;) {
    const left = await warehouse.operations.backlog(shopId === null ? {} : { shopId })
    await following.onProgress?.(left)
    if (left.staleRos === 0 && left.dirtyDays === 0) return
    await pause(following as Following<never>)
  }
}
