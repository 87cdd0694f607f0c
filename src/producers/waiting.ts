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

/** Looks until it is over. */
const follow = async <T>(
  look: () => Promise<T>,
  isOver: (state: T) => boolean,
  { onProgress, signal, pollMs = POLL_MS }: Following<T>,
): Promise<T> => {
  for (;;) {
    const state = await look()
    await onProgress?.(state)
    if (isOver(state)) return state
    await sleep(pollMs, undefined, signal === undefined ? {} : { signal })
  }
}

/** True when nothing will happen to this run any more. */
export const isEnded = ({ status }: Pick<RunProgress, 'status'>): boolean =>
  status === 'finished' || status === 'failed'

/**
 * Since when the shop is paused, ISO, or null. Who waits for its work would wait for a person.
 * What is remembered of the shop may be older than a token that works by now, so a pause is looked at twice.
 */
export const pausedSince = async (
  { shops }: Pick<Services, 'shops'>,
  shopTmId: number,
): Promise<string | null> => {
  const { pausedAt } = await shops.byTmId(shopTmId)
  if (pausedAt === null) return null
  shops.forget()
  return (await shops.byTmId(shopTmId)).pausedAt
}

/** Waits until a run has ended. */
export const followRun = (
  { warehouse: { runs } }: Services,
  runId: string,
  following: Following<RunProgress> = {},
): Promise<RunProgress> => {
  const look = async () => {
    const seen = await runs.progress({ runId })
    // Whoever looks first ends it; the sweep would do so within a minute.
    return seen.status === 'syncing' && seen.pending === 0 ? runs.finish({ runId }) : seen
  }
  return follow(look, isEnded, following)
}

/** Waits until a backfill has ended. */
export const followBackfill = (
  { warehouse }: Services,
  backfillId: string,
  following: Following<BackfillProgress> = {},
): Promise<BackfillProgress> =>
  follow(
    () => warehouse.backfills.progress({ backfillId }),
    ({ status }) => status === 'finished',
    following,
  )

export type Backlog = Awaited<ReturnType<Services['warehouse']['operations']['backlog']>>

/** Waits until nothing is left of some marks, of one shop or (null) of all. @param left how many there are */
export const followBacklog = async (
  { warehouse }: Services,
  { shopId, left }: { readonly shopId: string | null; readonly left: (backlog: Backlog) => number },
  following: Following<Backlog> = {},
): Promise<void> => {
  const look = () => warehouse.operations.backlog(shopId === null ? {} : { shopId })
  await follow(look, (backlog) => left(backlog) === 0, following)
}

export type FanOut = Pick<Backlog, 'staleRos' | 'dirtyDays'>

/** Snapshots and days that are left to compute. */
export const fanOutLeft = ({ staleRos, dirtyDays }: FanOut): number => staleRos + dirtyDays

/** Waits until no snapshot and no day is left to compute, of one shop or (null) of all. */
export const followFanOut = (
  services: Services,
  shopId: string | null,
  following: Following<FanOut> = {},
): Promise<void> => followBacklog(services, { shopId, left: fanOutLeft }, following)
