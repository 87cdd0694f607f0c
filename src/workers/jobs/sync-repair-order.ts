// Reads one RO from TM and writes it in one transaction: one queue job per RO. Repeating it is harmless.
// Retries cover one to two minutes; an RO whose sync failed stays different from TM and is found again by discovery.
import { z } from 'zod'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import { LANES } from '../../core/queues.ts'
import { normalizeRepairOrder } from '../../core/tekmetric/normalize.ts'
import { describe } from '../describe.ts'
import { ensureEmployees } from '../employees.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { fetchUnknownParties } from './fetch-unknown-parties.ts'

const Payload = z.object({
  shop: z.int().positive(),
  ro: z.int().positive(),
  lane: z.enum(LANES),
  reason: z.enum(['listed', 'unlisted', 'requested', 'webhook', 'sweep', 'reconcile']),
  run: z.uuid().optional(),
  /** Its place in what the shop asked for at once, from 0: shops take turns. */
  turn: z.int().min(0).optional(),
})
type SyncRepairOrderPayload = z.output<typeof Payload>

export const syncRepairOrder = defineQueueJob({
  name: 'sync-repair-order',
  queue: 'repair-orders',
  about: 'Reads one RO with its estimate and profit/labor data and writes it in one transaction.',
  payload: Payload,
  retry: { attempts: 6, backoffMs: 4_000 },
  timeoutMs: 120_000,
  callsTekmetric: true,
  lane: ({ lane }) => lane,
  turn: ({ turn }) => turn ?? 0,
  dedup: { mode: 'keep-last', id: ({ shop, ro }) => `${shop}.${ro}` },
  fansOutTo: [buildSnapshot, fetchUnknownParties],
  run: async (payload, ctx) => {
    const { shop, ro, lane } = payload
    const { services, signal } = ctx
    const { id: shopId } = await services.shops.byTmId(shop)
    await ensureEmployees(ctx, shop)
    const read = await services.tekmetric.readRepairOrder({ shopTmId: shop, ro, lane, signal })
    if (read.kind === 'missing') return markMissing({ ...payload, shopId, observedAt: read.fetchedAt }, ctx)
    const applied = await services.warehouse.repairOrders.apply({
      shopId,
      runId: payload.run ?? null,
      bundle: normalizeRepairOrder(read),
    })
    if (applied.snapshotStale) await ctx.enqueue(buildSnapshot, [{ shop, ro }])
    if (applied.partiesUnknown) await ctx.enqueue(fetchUnknownParties, [{ shop }])
    return { outcome: applied.outcome, ...applied.counts }
  },
  onFailed: async ({ shop, ro, run }, { services }, error) => {
    const { id: shopId } = await services.shops.byTmId(shop)
    const reason = describe(error)
    await services.warehouse.runs.failItem({ shopId, roTmId: ro, runId: run ?? null, reason, details: {} })
  },
})

interface Missing extends SyncRepairOrderPayload {
  readonly shopId: string
  /** When the read that found nothing began: a later read that found the RO outranks it. */
  readonly observedAt: string
}

/** A 404 is no proof of deletion: the warehouse takes it for one only in the second pass. */
const markMissing = async (
  { shop, shopId, ro, run, observedAt }: Missing,
  ctx: QueueJobContext<readonly [typeof buildSnapshot, typeof fetchUnknownParties]>,
) => {
  const { outcome } = await ctx.services.warehouse.repairOrders.markDeleted({
    shopId,
    roTmId: ro,
    observedAt,
    runId: run ?? null,
  })
  if (outcome === 'deleted') await ctx.enqueue(buildSnapshot, [{ shop, ro }])
  return { outcome }
}
