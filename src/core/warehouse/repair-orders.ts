// Repair orders: the write path, deletion, what has to be read again, and their snapshots.
import { z } from 'zod'
import type { RepairOrderBundle } from './bundle.ts'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Count, IsoDate } from './shapes.ts'

const Applied = z.object({
  outcome: z.enum(['created', 'updated', 'unchanged', 'stale', 'deleted']),
  repair_order_id: z.uuid().nullable(),
  snapshot_stale: z.boolean(),
  parties_unknown: z.boolean(),
  counts: z.object({ jobs: Count, parts: Count, labor: Count, sublets: Count, fees: Count }),
})

const Refreshed = z.object({
  outcome: z.enum(['written', 'unchanged', 'withdrawn', 'none', 'unknown']),
  affected_dates: z.array(IsoDate),
})

/** A row of a listing; `updated` null is a report row, compared by `posted`. */
export interface SeenInListing {
  readonly ro: number
  readonly updated: string | null
  readonly posted: string | null
  readonly force?: boolean
}

const TmIds = z.array(z.int())

export const repairOrderCalls = (api: WarehouseApi) => ({
  /**
   * Stores one read of an RO, all or nothing. `snapshotStale`: this call marked it for its snapshot.
   * `partiesUnknown`: it names a customer or vehicle that was never seen in full.
   */
  apply: async ({
    shopId,
    runId,
    bundle,
  }: {
    shopId: string
    runId: string | null
    bundle: RepairOrderBundle
  }) => {
    const { repair_order_id, snapshot_stale, parties_unknown, ...applied } = await callRpc(
      api,
      'apply_repair_order',
      { bundle: { ...bundle, shop_id: shopId, run_id: runId } },
      Applied,
    )
    return {
      ...applied,
      repairOrderId: repair_order_id,
      snapshotStale: snapshot_stale,
      partiesUnknown: parties_unknown,
    }
  },

  /** Remembers the report's figures of stored ROs; those that changed make their RO stale. Returns how many did or are new. */
  noteFigures: ({
    shopId,
    seen,
  }: {
    shopId: string
    seen: readonly { readonly ro: number; readonly figures?: string | null }[]
  }) =>
    callRpc(
      api,
      'note_report_figures',
      { p_shop_id: shopId, p_seen: seen.map(({ ro, figures }) => ({ ro, figures: figures ?? null })) },
      z.object({ changed: Count }),
    ),

  /** TM has no such RO. The second pass that finds nothing deletes it. */
  markDeleted: (miss: { shopId: string; roTmId: number; observedAt: string; runId: string | null }) =>
    callRpc(
      api,
      'mark_repair_order_deleted',
      {
        p_shop_id: miss.shopId,
        p_ro_tm_id: miss.roTmId,
        p_observed_at: miss.observedAt,
        p_run_id: miss.runId,
      },
      z.object({ outcome: z.enum(['first_miss', 'deleted', 'unchanged', 'unknown']) }),
    ),

  /** Of the listed ROs, the TM ids of those that have to be read, in the order listed. */
  stale: ({ shopId, seen }: { shopId: string; seen: readonly SeenInListing[] }) =>
    callRpc(api, 'stale_repair_orders', { p_shop_id: shopId, p_seen: seen }, TmIds),

  /**
   * Stored ROs that a complete listing did not show.
   * @param asked `open`: not looked at since `before`; `posted`: posted in [from, to], shop-local days
   */
  unlisted: (asked: {
    shopId: string
    scope: 'open' | 'posted'
    from?: string
    to?: string
    seen: readonly number[]
    before?: string
  }) =>
    callRpc(
      api,
      'unlisted_repair_orders',
      {
        p_shop_id: asked.shopId,
        p_scope: asked.scope,
        p_from: asked.from ?? null,
        p_to: asked.to ?? null,
        p_seen: asked.seen,
        p_before: asked.before ?? null,
      },
      TmIds,
    ),

  /** Brings the snapshots of one RO in line with it. `affectedDates`: days marked for a rebuild. */
  refreshSnapshot: async (wanted: { shopId: string; roTmId: number; manual?: boolean }) => {
    const { outcome, affected_dates } = await callRpc(
      api,
      'refresh_ro_snapshot',
      { p_shop_id: wanted.shopId, p_ro_tm_id: wanted.roTmId, p_manual: wanted.manual ?? false },
      Refreshed,
    )
    return { outcome, affectedDates: affected_dates }
  },

  /** Marks every RO of these shop-local days (inclusive) for its snapshot. Returns their TM ids. */
  markSnapshotsStale: ({ shopId, from, to }: { shopId: string; from: string; to: string }) =>
    callRpc(api, 'mark_snapshots_stale', { p_shop_id: shopId, p_from: from, p_to: to }, TmIds),

  /** An RO by the number people say, else by TM's id; null when the warehouse has neither. */
  find: async ({ shopId, numberOrTmId }: { shopId: string; numberOrTmId: number }) => {
    const rows = await readRows(
      api,
      'repair_orders',
      (client, signal) =>
        client
          .from('repair_orders')
          .select('id,tm_id,ro_number,status')
          .eq('shop_id', shopId)
          .or(`ro_number.eq.${Math.trunc(numberOrTmId)},tm_id.eq.${Math.trunc(numberOrTmId)}`)
          .order('tm_id', { ascending: false })
          .limit(2)
          .retry(false)
          .abortSignal(signal),
      z.array(z.object({ id: z.uuid(), tm_id: z.int(), ro_number: z.int(), status: z.string() })),
    )
    const row = rows.find((r) => r.ro_number === numberOrTmId) ?? rows[0]
    return row === undefined
      ? null
      : { id: row.id, tmId: row.tm_id, roNumber: row.ro_number, status: row.status }
  },
})
