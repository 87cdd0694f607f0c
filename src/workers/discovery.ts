// The three sources of discovery (pipeline.md): the boards, the posted report, and what the warehouse itself remembers.
// Each page is compared with the warehouse in one call; what differs is planned in the run and asked for at once.
import type { QueueJobContext } from '../core/queue-job.ts'
import type { SeenRepairOrder } from '../core/tekmetric/client.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import type { DiscoverPayload, DiscoveryPlan } from './discovery-plan.ts'
import { syncRepairOrder } from './jobs/sync-repair-order.ts'

type Ctx = QueueJobContext<readonly [typeof syncRepairOrder]>

/** What a listing amounted to; stored with the run. */
export interface Listing {
  pages: number
  seen: number
  asked: number
  truncated: boolean
}

export interface ListInput {
  readonly plan: DiscoveryPlan
  readonly payload: DiscoverPayload
  readonly runId: string
  readonly shop: Shop
  readonly ctx: Ctx
}

interface Walk extends ListInput {
  readonly listing: Listing
  /** RO ids already seen in this walk: the same RO may stand on two boards and in the report. */
  readonly seen: Set<number>
}

/**
 * Reads all listings of a plan and asks for what differs.
 * @throws whatever a page throws: a failed page never passes for an empty one
 */
export const listRepairOrders = async (input: ListInput): Promise<Listing> => {
  const listing: Listing = { pages: 0, seen: 0, asked: 0, truncated: false }
  const walk: Walk = { ...input, listing, seen: new Set() }
  // What a report forces must not be taken for seen because a board showed it first; what it does not force must not
  // hide an edit that only a board's `updatedDate` shows.
  const reportFirst = input.plan.report?.force === true
  if (reportFirst) await walkReport(walk)
  await walkBoards(walk)
  if (!reportFirst) await walkReport(walk)
  for (const scope of input.plan.expect) await takeUnlisted(walk, scope)
  return listing
}

const callOf = ({ payload, ctx }: Walk) => ({
  shopTmId: payload.shop,
  lane: payload.lane,
  signal: ctx.signal,
})

const walkBoards = async (walk: Walk): Promise<void> => {
  for (const board of walk.plan.boards) {
    const pages = walk.ctx.services.tekmetric.boardPages({ ...callOf(walk), board })
    for await (const page of pages) await takePage(walk, page, false)
  }
}

const walkReport = async (walk: Walk): Promise<void> => {
  if (walk.plan.report === null) return
  const { from, to, force } = walk.plan.report
  const { timezone } = walk.shop
  const pages = walk.ctx.services.tekmetric.postedPages({ ...callOf(walk), from, to, timezone })
  for await (const page of pages) await takePage(walk, page, force)
}

interface Page {
  readonly rows: readonly SeenRepairOrder[]
  readonly truncated?: boolean
}

const takePage = async (walk: Walk, page: Page, force: boolean): Promise<void> => {
  const { listing, shop, ctx, seen } = walk
  listing.pages += 1
  if (page.truncated === true) {
    listing.truncated = true
    ctx.log.warn(
      { event: 'listing.truncated', pages: listing.pages },
      'a listing was cut off at the page cap',
    )
  }
  const rows = page.rows.filter((row) => !seen.has(row.ro))
  if (rows.length === 0) return
  const { repairOrders } = ctx.services.warehouse
  const figures = rows.filter((row) => typeof row.figures === 'string')
  if (figures.length > 0) await repairOrders.noteFigures({ shopId: shop.id, seen: figures })
  const stale = await repairOrders.stale({
    shopId: shop.id,
    seen: rows.map(({ ro, updated, posted }) => ({ ro, updated, posted, ...(force ? { force } : {}) })),
  })
  const wanted = new Set(stale)
  const skipped = rows.filter((row) => !wanted.has(row.ro)).map((row) => row.ro)
  for (const row of rows) seen.add(row.ro)
  await ask(walk, { wanted: stale, skipped, reason: force ? 'sweep' : 'listed' })
}

/** Stored ROs that a complete set of listings should have shown and did not. */
const takeUnlisted = async (walk: Walk, scope: 'open' | 'posted'): Promise<void> => {
  const { plan, shop, ctx, seen, listing } = walk
  if (listing.truncated && scope === 'posted') return
  const window =
    scope === 'posted' && plan.report !== null ? { from: plan.report.from, to: plan.report.to } : {}
  const unlisted = await ctx.services.warehouse.repairOrders.unlisted({
    shopId: shop.id,
    scope,
    ...window,
    seen: [...seen],
    before: plan.unseenBefore.toISOString(),
  })
  for (const ro of unlisted) seen.add(ro)
  await ask(walk, { wanted: unlisted, skipped: [], reason: 'unlisted' })
}

interface Asked {
  readonly wanted: readonly number[]
  readonly skipped: readonly number[]
  readonly reason: 'listed' | 'unlisted' | 'sweep'
}

/** Plans the ROs in the run first (the outbox), then enqueues them: dying between the two loses nothing. */
const ask = async ({ listing, payload, runId, shop, ctx }: Walk, { wanted, skipped, reason }: Asked) => {
  const room = payload.limit === undefined ? wanted.length : Math.max(0, payload.limit - listing.asked)
  const asked = wanted.slice(0, room)
  const items = [
    ...asked.map((ro) => ({ ro, outcome: 'pending' as const })),
    ...skipped.map((ro) => ({ ro, outcome: 'skipped' as const })),
  ]
  const before = listing.asked
  listing.seen += items.length
  listing.asked += asked.length
  if (items.length > 0) await ctx.services.warehouse.runs.recordItems({ runId, shopId: shop.id, items })
  await ctx.enqueue(
    syncRepairOrder,
    asked.map((ro, i) => ({
      shop: payload.shop,
      ro,
      lane: payload.lane,
      reason,
      run: runId,
      turn: before + i,
      ...(payload.storeRaw === true ? { storeRaw: true } : {}),
    })),
  )
}
