// Finds out which ROs of a shop differ from the warehouse and asks for each of them. Repeating it is harmless:
// what was asked for before is the same run item, and an RO that is already up to date is skipped.
// A listing that fails fails this queue job; it never passes for an empty one. Retries cover five to ten minutes.
import { defineQueueJob } from '../../core/queue-job.ts'
import type { Services } from '../../core/services.ts'
import { runErrorOf } from '../describe.ts'
import { DiscoverPayloadSchema, planOf, type DiscoverPayload } from '../discovery-plan.ts'
import { listRepairOrders } from '../discovery.ts'
import { ensureEmployees } from '../employees.ts'
import { runOf } from '../run.ts'
import { syncRepairOrder } from './sync-repair-order.ts'

export const discoverRepairOrders = defineQueueJob({
  name: 'discover-repair-orders',
  queue: 'discovery',
  about: 'Lists the ROs of one shop and asks for a sync of each that differs from the warehouse.',
  payload: DiscoverPayloadSchema,
  retry: { attempts: 6, backoffMs: 20_000 },
  timeoutMs: 30 * 60_000,
  callsTekmetric: true,
  part: ({ trigger }) => (trigger === 'schedule' ? 'discovery' : null),
  dedup: { mode: 'skip', id: ({ shop, source, run }) => `${shop}.${source}.${run ?? 'schedule'}` },
  fansOutTo: [syncRepairOrder],
  run: async (payload, ctx) => {
    const { services } = ctx
    const shop = await services.shops.byTmId(payload.shop)
    const runId = await runOf(ctx, { kind: 'repair-orders', ...payload, params: paramsOf(payload) })
    const startedAt = new Date().toISOString()
    await ensureEmployees(ctx, payload.shop)
    const cursor = cursorOf(services, shop.id, payload)
    const last = await cursor.read()
    const gapMs = last === null ? null : Date.parse(startedAt) - Date.parse(last)
    const plan = planOf(payload, { shop, today: await services.clock(), gapMs })
    const listing = await listRepairOrders({ plan, payload, runId, shop, ctx })
    await services.warehouse.runs.closeListing({ runId, listing })
    if (!listing.truncated) await cursor.advance(last, startedAt)
    return { pages: listing.pages, seen: listing.seen, asked: listing.asked, truncated: listing.truncated }
  },
  onFailed: async (payload, ctx, error) => {
    const runId = await runOf(ctx, { kind: 'repair-orders', ...payload })
    await ctx.services.warehouse.runs.fail({ runId, error: runErrorOf(error) })
  },
})

const paramsOf = ({ source, board, daysBack, limit }: DiscoverPayload) => ({ source, board, daysBack, limit })

/**
 * How far the scheduled listings of a source got: where the last complete one began. It moves by compare-and-set, after
 * the whole listing was read and asked for; a part of a listing (one board, a limit, a truncated one) never moves it.
 * What a person asks for has its own window, so it neither reads nor moves the cursor.
 */
const cursorOf = (
  { warehouse: { cursors } }: Services,
  shopId: string,
  { source, limit, trigger, board = 'ALL' }: DiscoverPayload,
) => {
  const isScheduled = trigger === 'schedule'
  const entityType = `repair_orders.${source}`
  return {
    read: async (): Promise<string | null> =>
      isScheduled ? ((await cursors.get({ shopId, entityType }))?.cursor ?? null) : null,
    advance: async (expected: string | null, next: string): Promise<void> => {
      if (!isScheduled || limit !== undefined || board !== 'ALL') return
      await cursors.advance({ shopId, entityType, expected, next, state: {} })
    },
  }
}
