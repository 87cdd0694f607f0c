// One look at one range of a reconcile: TM's profit report read to its end and compared in the warehouse. Reports count as
// read to their end when TM did not cut them off and counts as many ROs as it listed.
import type { DayRange } from '../core/day-ranges.ts'
import type { QueueJobContext } from '../core/queue-job.ts'
import type { ReportedRepairOrder } from '../core/warehouse/reconciliations.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'

export interface Look extends DayRange {
  readonly runId: string
  readonly shop: Shop
  /** Whether this look decides. */
  readonly last: boolean
}

/** @throws whatever a page throws: a failed page never passes for an empty one */
export const lookAtRange = async (look: Look, ctx: Pick<QueueJobContext, 'services' | 'signal' | 'log'>) => {
  const { runId, shop, from, to, last } = look
  const { warehouse, tekmetric, clock } = ctx.services
  const listedAt = (await clock()).toISOString()
  const call = { shopTmId: shop.tmId, from, to, timezone: shop.timezone, lane: 'repair' as const }
  const rows: ReportedRepairOrder[] = []
  let truncated = false
  for await (const page of tekmetric.postedPages({ ...call, signal: ctx.signal })) {
    truncated ||= page.truncated
    for (const { ro, posted, profit } of page.rows) rows.push({ ro, posted, ...(profit ?? NOTHING) })
  }
  const counted = await tekmetric.countPosted({ ...call, signal: ctx.signal })
  const complete = !truncated && (counted === null || counted === rows.length)
  if (!complete)
    ctx.log.warn(
      { event: 'reconcile.listing-incomplete', from, to, listed: rows.length, counted, truncated },
      'the report could not be read whole: these days are not proven',
    )
  const range = { shopId: shop.id, from, to }
  return warehouse.reconciliations.compare({ ...range, runId, rows, listedAt, complete, last })
}

const NOTHING = { labor: null, parts: null, sublet: null, fees: null, total: null, margin: null }
