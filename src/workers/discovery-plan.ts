// What a discovery is asked to do: the payload, and the plan of listings that follows from it.
import { DateTime } from 'luxon'
import { z } from 'zod'
import { LANES } from '../core/queues.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'

export const DiscoverPayloadSchema = z.object({
  shop: z.int().positive(),
  /**
   * `board` recent activity; `report` every posted RO of the window; `sweep` re-reads the posted window and the open ROs
   * that no listing shows; `all` boards, report and whatever they should show and do not.
   */
  source: z.enum(['board', 'report', 'sweep', 'all']),
  board: z.enum(['ACTIVE', 'POSTED', 'COMPLETE', 'ALL']).optional(),
  /** Window of the report in shop-local days, counted back from today; `report`, `sweep` and `all` need it. */
  daysBack: z.int().min(0).max(3_660).optional(),
  lane: z.enum(LANES),
  trigger: z.enum(['schedule', 'cli', 'api']),
  run: z.uuid().optional(),
  /** At most this many ROs are asked for: a first careful look. */
  limit: z.int().positive().optional(),
  /** Since 0.2: keep TM's answers as they came, whatever STORE_RAW_PAYLOADS says. */
  storeRaw: z.boolean().optional(),
})
export type DiscoverPayload = z.output<typeof DiscoverPayloadSchema>

export type Board = 'ACTIVE' | 'POSTED' | 'COMPLETE'
export interface DiscoveryPlan {
  readonly boards: readonly Board[]
  /** Shop-local days, both included; `force` re-reads what is listed even if nothing seems to differ. */
  readonly report: { readonly from: string; readonly to: string; readonly force: boolean } | null
  /** Which stored ROs must have been listed, and are read by id when they were not. */
  readonly expect: readonly ('open' | 'posted')[]
  /** Open ROs read more recently than this need no second look yet. */
  readonly unseenBefore: Date
}

/** Boards drop quiet ROs: an open one that none shows is looked at again after this time. */
const OPEN_RECHECK_MS = 6 * 3_600_000

/** A pause of this length between two listings of the boards is one in which they may have dropped ROs unseen. */
const BOARD_MEMORY_MS = 3_600_000
const DAY_MS = 86_400_000

export interface PlanContext {
  readonly shop: Pick<Shop, 'timezone'>
  /** The present for business dates. */
  readonly today: Date
  /** Since the last complete listing of this source began; null when there was none. */
  readonly gapMs: number | null
}

/**
 * What a payload means: which listings to read and what to expect of them. After a pause the window reaches back to the
 * last complete listing and a day further, however short it was asked for: an outage loses nothing.
 */
export const planOf = (
  { source, board = 'ALL', daysBack = 3 }: DiscoverPayload,
  { shop, today, gapMs }: PlanContext,
): DiscoveryPlan => {
  const to = DateTime.fromJSDate(today, { zone: shop.timezone })
  const gapDays = gapMs === null ? 0 : Math.ceil(gapMs / DAY_MS) + 1
  const reachingBack = (days: number) => ({
    from: to.minus({ days }).toISODate() ?? '',
    to: to.toISODate() ?? '',
  })
  const window = reachingBack(Math.max(daysBack, gapDays))
  const boards: readonly Board[] = board === 'ALL' ? ['ACTIVE', 'COMPLETE', 'POSTED'] : [board]
  const now = Date.now()
  const settled = { unseenBefore: new Date(now - OPEN_RECHECK_MS) }
  switch (source) {
    case 'board': {
      const missed = board === 'ALL' && gapMs !== null && gapMs > BOARD_MEMORY_MS
      const report = missed ? { ...reachingBack(gapDays), force: false } : null
      return { boards, report, expect: board === 'ALL' ? ['open'] : [], ...settled }
    }
    case 'report':
      return { boards: [], report: { ...window, force: false }, expect: ['posted'], ...settled }
    case 'sweep':
      return {
        boards: ['ACTIVE', 'COMPLETE', 'POSTED'],
        report: { ...window, force: true },
        expect: ['open', 'posted'],
        unseenBefore: new Date(now),
      }
    case 'all':
      return {
        boards,
        report: boards.includes('POSTED') ? { ...window, force: false } : null,
        expect: board === 'ALL' ? ['open', 'posted'] : [],
        unseenBefore: new Date(now),
      }
  }
}
