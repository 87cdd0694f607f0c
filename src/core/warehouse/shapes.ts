// Pieces of answers that several groups of calls share.
import { z } from 'zod'
import type { DayRange } from '../day-ranges.ts'

/** A timestamp as the API prints it; kept as text, since a JavaScript date would lose its microseconds. */
export const Instant = z.string().min(1)
export const IsoDate = z.iso.date()
export const Count = z.int().nonnegative()
export const Cents = z.int()
/** NULL where the denominator is zero. */
export const Ratio = z.number().nullable()

/** How long ago a read began, so that the warehouse can tell by its own clock which requests came before it. */
export const readAgeMs = (fetchedAt: string): number => Math.max(0, Date.now() - Date.parse(fetchedAt))

/** What became of the ROs of a run or a backfill. */
export const outcomeCounts = {
  created: Count,
  updated: Count,
  unchanged: Count,
  stale: Count,
  deleted: Count,
  skipped: Count,
  failed: Count,
  pending: Count,
}

/** Shop-local days of one shop (our UUID). */
export interface ShopDays extends DayRange {
  readonly shopId: string
}

/** How the functions over days of a shop take them. */
export const daysArgs = ({ shopId, from, to }: ShopDays) => ({ p_shop_id: shopId, p_from: from, p_to: to })

/** An answer of nothing but counts: the function's names in, our names out. */
export const Upserted = z.object({ created: Count, updated: Count, unchanged: Count })
export type Upserted = z.output<typeof Upserted>
