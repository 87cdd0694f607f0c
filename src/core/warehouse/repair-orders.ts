// Repair orders: the write path, deletion, what has to be read again, and their snapshots.
import { z } from 'zod'
import type { RawPayload } from '../tekmetric/raw-payload.ts'
import type { RepairOrderBundle } from './bundle.ts'
import { callRpc, readRows, type WarehouseApi } from './rpc.ts'
import { Count, daysArgs, IsoDate, readAgeMs, type ShopDays } from './shapes.ts'

const Applied = z.object({
  outcome: z.enum(['created', 'updated', 'unchanged', 'stale', 'deleted', 'held']),
  first: z.boolean().default(false),
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

export interface ApplyInput {
  readonly shopId: string
  readonly runId: string | null
  readonly bundle: RepairOrderBundle
  /** The answers themselves, to be kept beside the RO. */
  readonly raw?: RawPayload | undefined
  /** Writes all rows again although nothing seems to differ. */
  readonly force?: boolean
}

const argumentOf = ({ shopId, runId, bundle, raw, force = false }: ApplyInput) => ({
  ...bundle,
  shop_id: shopId,
  run_id: runId,
  read_age_ms: readAgeMs(bundle.fetched_at),
  ...(raw === undefined ? {} : { raw: { payload: raw } }),
  ...(force ? { force } : {}),
})

const Row = z.record(z.string(), z.unknown())
/** Table → readable key → row. */
const Picture = z.record(z.string(), z.record(z.string(), Row))
export type RepairOrderPicture = z.output<typeof Picture>

const Previewed = z.object({
  outcome: z.string(),
  before: Picture,
  after: Picture,
  days: z.array(z.object({ date: IsoDate, before: Row.nullable(), after: Row.nullable() })),
})
export type Previewed = z.output<typeof Previewed>

export const repairOrderCalls = (api: WarehouseApi) => ({
  /**
   * Stores one read of an RO, all or nothing. `snapshotStale`: this call marked it for its snapshot; `held`: it would
   * be deleted, but too many would be at once (`first`: the one that alerts).
   * `partiesUnknown`: it names a customer or vehicle that was never seen in full.
   */
  apply: async (input: ApplyInput) => {
    const { repair_order_id, snapshot_stale, parties_unknown, ...applied } = await callRpc(
      api,
      'apply_repair_order',
      { bundle: argumentOf(input) },
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

  /** What `apply` would change, and nothing is written. */
  preview: (input: ApplyInput) =>
    callRpc(api, 'preview_repair_order', { bundle: argumentOf(input) }, Previewed),

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
      z.object({
        outcome: z.enum(['first_miss', 'deleted', 'held', 'unchanged', 'unknown']),
        first: z.boolean(),
      }),
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
  markSnapshotsStale: (days: ShopDays) => callRpc(api, 'mark_snapshots_stale', daysArgs(days), TmIds),

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

  /** TM's shop numbers of stored ROs, by TM's ids; an unknown id is left out. */
  shopsOf: async ({ ros }: { ros: readonly number[] }): Promise<ReadonlyMap<number, number>> => {
    const shape = z.array(z.object({ ro: z.int(), shop_tm_id: z.int() }))
    const rows = await callRpc(api, 'shops_of_repair_orders', { p_ros: ros }, shape)
    return new Map(rows.map(({ ro, shop_tm_id }) => [ro, shop_tm_id]))
  },

  /** The numbers people say, by TM's shop number and TM's id; an RO whose number nobody knows is left out. */
  numbersOf: async ({ ros }: { ros: readonly { readonly shopTmId: number; readonly ro: number }[] }) => {
    const shape = z.array(z.object({ shop_tm_id: z.int(), ro: z.int(), ro_number: z.int() }))
    const asked = ros.map(({ shopTmId, ro }) => ({ shop_tm_id: shopTmId, ro }))
    const rows = await callRpc(api, 'numbers_of_repair_orders', { p_ros: asked }, shape)
    return rows.map(({ shop_tm_id, ro, ro_number }) => ({ shopTmId: shop_tm_id, ro, roNumber: ro_number }))
  },
})
