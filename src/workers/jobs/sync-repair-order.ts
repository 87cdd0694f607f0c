// Reads one RO from TM and writes it in one transaction: one queue job per RO. Repeating it is harmless.
// Retries cover one to two minutes; an RO whose sync failed stays different from TM and is found again by discovery.
import { z } from 'zod'
import { failureClassOf } from '../../core/errors.ts'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import { LANES, type Lane } from '../../core/queues.ts'
import type { RepairOrderRead } from '../../core/tekmetric/client.ts'
import { describe } from '../describe.ts'
import { ensureEmployees } from '../employees.ts'
import { quarantineRefused, storeRead } from '../store-repair-order.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { fetchUnknownParties } from './fetch-unknown-parties.ts'

const Payload = z.object({
  shop: z.int().positive(),
  ro: z.int().positive(),
  lane: z.enum(LANES),
  reason: z.enum(['listed', 'unlisted', 'requested', 'webhook', 'sweep', 'reconcile', 'recheck']),
  run: z.uuid().optional(),
  /** Its place in what the shop asked for at once, from 0: shops take turns. */
  turn: z.int().min(0).optional(),
  /** Since 0.2: keep TM's answers as they came, whatever STORE_RAW_PAYLOADS says. */
  storeRaw: z.boolean().optional(),
})

export const syncRepairOrder = defineQueueJob({
  name: 'sync-repair-order',
  queue: 'repair-orders',
  about: 'Reads one RO with its estimate and profit/labor data and writes it in one transaction.',
  payload: Payload,
  retry: { attempts: 6, backoffMs: 4_000 },
  timeoutMs: 120_000,
  callsTekmetric: true,
  part: ({ reason }) => (reason === 'webhook' ? 'webhook' : null),
  lane: ({ lane }) => lane,
  turn: ({ turn }) => turn ?? 0,
  dedup: { mode: 'keep-last', id: ({ shop, ro }) => `${shop}.${ro}` },
  fansOutTo: [buildSnapshot, fetchUnknownParties],
  run: async (payload, ctx) => {
    const { shop, ro, lane, storeRaw = false } = payload
    const { services, signal } = ctx
    const { id: shopId } = await services.shops.byTmId(shop)
    await ensureEmployees(ctx, shop)
    const input = {
      shop,
      shopId,
      ro,
      runId: payload.run ?? null,
      storeRaw,
      askedAt: new Date().toISOString(),
    }
    let read: RepairOrderRead | null = null
    try {
      read = await services.tekmetric.readRepairOrder({ shopTmId: shop, ro, lane, signal })
      const { snapshotStale, partiesUnknown, changedAt, summary } = await storeRead(ctx, input, read)
      if (snapshotStale) await ctx.enqueue(buildSnapshot, [{ shop, ro }])
      if (partiesUnknown) await ctx.enqueue(fetchUnknownParties, [{ shop }])
      return { ...summary, ...(await freshness(ctx, lane, changedAt)) }
    } catch (error) {
      await quarantineRefused(ctx, input, { error, read })
      throw error
    }
  },
  onFailed: async ({ shop, ro, run }, { services, ageMs }, error) => {
    const { id: shopId } = await services.shops.byTmId(shop)
    const reason = describe(error)
    const details = {
      class: failureClassOf(error),
      errors: [{ table: 'repair_orders', tm_id: ro, message: reason }],
    }
    // A quarantined RO's items have failed already, with more to say; this finds none left.
    await services.warehouse.runs.failItem({
      shopId,
      roTmId: ro,
      runId: run ?? null,
      reason,
      details,
      readAgeMs: ageMs(),
    })
  },
})

/** Lanes that follow TM as it changes; what is older on purpose (backfill, sweeps) says nothing about freshness. */
const LIVE: ReadonlySet<Lane> = new Set(['interactive', 'incremental'])

/** How far behind TM this commit was, for /metrics. */
const freshness = async (
  { services }: Pick<QueueJobContext, 'services'>,
  lane: Lane,
  changedAt: string | null,
): Promise<{ behindSeconds?: number }> => {
  if (changedAt === null || !LIVE.has(lane)) return {}
  const behindMs = (await services.clock()).getTime() - Date.parse(changedAt)
  return { behindSeconds: Math.max(0, Math.round(behindMs / 1000)) }
}
