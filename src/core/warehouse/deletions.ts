// Deletions that are authoritative, and those that wait for a person because they came too many at once (G11).
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const TmIds = z.array(z.int())

const Deletions = z.array(
  z.object({
    ro: z.int(),
    ro_number: z.int().nullable(),
    state: z.enum(['held', 'confirmed', 'deleted', 'undone', 'restored']),
    cause: z.enum(['status', 'absent']),
    run_id: z.uuid().nullable(),
    observed_at: Instant,
    decided_at: Instant,
    previous_status: z.string().nullable(),
    authorized_total: z.int().nullable(),
  }),
)
export type Deletion = z.output<typeof Deletions>[number]

export const deletionCalls = (api: WarehouseApi) => ({
  /** Status 7 without an estimate: the header alone deletes. `first`: the first of several held, the one that alerts. */
  byHeader: (gone: {
    shopId: string
    roTmId: number
    updatedDate: string | null
    deletedDate: string | null
    fetchedAt: string
    runId: string | null
  }) =>
    callRpc(
      api,
      'delete_repair_order',
      {
        p_shop_id: gone.shopId,
        p_ro_tm_id: gone.roTmId,
        p_header: { updated_date: gone.updatedDate, deleted_at: gone.deletedDate },
        p_fetched_at: gone.fetchedAt,
        p_run_id: gone.runId,
      },
      z.object({
        outcome: z.enum(['deleted', 'held', 'unchanged', 'stale', 'unknown']),
        first: z.boolean(),
      }),
    ),

  /** ROs to look at again: missing for five minutes, or confirmed by a person. */
  rechecks: async ({ limit }: { limit: number }) => {
    const rows = await callRpc(
      api,
      'deletion_rechecks',
      { p_limit: limit },
      z.array(z.object({ shop_tm_id: z.int(), ro: z.int() })),
    )
    return rows.map(({ shop_tm_id, ro }) => ({ shopTmId: shop_tm_id, ro }))
  },

  /** Held deletions and those of the last 30 days, newest first, at most 500. */
  list: ({ shopId, runId }: { shopId: string; runId: string | null }) =>
    callRpc(api, 'list_deletions', { p_shop_id: shopId, p_run_id: runId }, Deletions),

  /** Agrees to what is held; each RO is deleted by one more authoritative look. Returns their TM ids. */
  confirm: ({ shopId, runId }: { shopId: string; runId: string | null }) =>
    callRpc(api, 'confirm_deletions', { p_shop_id: shopId, p_run_id: runId }, TmIds),

  /** Drops what is held; with a run or an RO, brings back what was deleted too. TM ids. */
  undo: (which: { shopId: string; runId: string | null; roTmId: number | null }) =>
    callRpc(
      api,
      'undo_deletions',
      { p_shop_id: which.shopId, p_run_id: which.runId, p_ro_tm_id: which.roTmId },
      z.object({ dropped: TmIds, restored: TmIds }),
    ),
})
