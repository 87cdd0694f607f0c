// Finds out which ROs of a shop differ from the warehouse and asks for each of them. Repeating it is harmless:
// what was asked for before is the same run item, and an RO that is already up to date is skipped.
// A listing that fails fails this queue job; it never passes for an empty one. Retries cover five to ten minutes.
import { defineQueueJob } from '../../core/queue-job.ts'
import { describe } from '../describe.ts'
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
  dedup: { mode: 'skip', id: ({ shop, source, run }) => `${shop}.${source}.${run ?? 'schedule'}` },
  fansOutTo: [syncRepairOrder],
  run: async (payload, ctx) => {
    const { services } = ctx
    const shop = await services.shops.byTmId(payload.shop)
    const runId = await runOf(ctx, { kind: 'repair-orders', ...payload, params: paramsOf(payload) })
    const startedAt = new Date().toISOString()
    await ensureEmployees(ctx, payload.shop)
    const plan = planOf(payload, { shop, today: await services.clock() })
    const listing = await listRepairOrders({ plan, payload, runId, shop, ctx })
    await services.warehouse.runs.closeListing({ runId, listing })
    await advance(ctx, shop.id, payload, startedAt)
    return { pages: listing.pages, seen: listing.seen, asked: listing.asked, truncated: listing.truncated }
  },
  onFailed: async (payload, ctx, error) => {
    const runId = await runOf(ctx, { kind: 'repair-orders', ...payload })
    await ctx.services.warehouse.runs.fail({ runId, error: { reason: describe(error) } })
  },
})

const paramsOf = ({ source, board, daysBack, limit }: DiscoverPayload) => ({ source, board, daysBack, limit })

/** The cursor moves only after the whole listing was read and asked for, and only to where the listing began. */
const advance = async (
  { services }: { services: Parameters<typeof ensureEmployees>[0]['services'] },
  shopId: string,
  { source, limit }: DiscoverPayload,
  startedAt: string,
): Promise<void> => {
  if (limit !== undefined) return
  const entityType = `repair_orders.${source}`
  const { cursors } = services.warehouse
  const current = await cursors.get({ shopId, entityType })
  await cursors.advance({ shopId, entityType, expected: current?.cursor ?? null, next: startedAt, state: {} })
}
