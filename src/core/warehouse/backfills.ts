// Backfills: opened once per shop, walked window by window, each page planned in one call. See migrations/022_backfills.sql.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, daysArgs, Instant, IsoDate, outcomeCounts, type ShopDays } from './shapes.ts'

const Windows = z.object({
  total: Count,
  waiting: Count,
  listing: Count,
  syncing: Count,
  done: Count,
  failed: Count,
  with_failures: Count,
})
const Ros = z.object({
  listed: Count,
  ...outcomeCounts,
})
const Failure = z.object({
  from: IsoDate,
  to: IsoDate,
  ro: z.int().nullable(),
  reason: z.string().nullable(),
})

const Progress = z.object({
  backfill_id: z.uuid(),
  shop_id: z.uuid(),
  shop_tm_id: z.int(),
  from: IsoDate,
  to: IsoDate,
  window_days: z.int(),
  status: z.enum(['open', 'finished']),
  started_at: Instant,
  finished_at: Instant.nullable(),
  forecast: z.record(z.string(), z.unknown()),
  windows: Windows,
  pages: Count,
  truncated: z.boolean(),
  working_on: IsoDate.nullable(),
  ros: Ros,
  failures: z.array(Failure),
})

const toProgress = ({
  backfill_id,
  shop_id,
  shop_tm_id,
  window_days,
  started_at,
  finished_at,
  working_on,
  windows: { with_failures, ...windows },
  failures,
  ...rest
}: z.output<typeof Progress>) => ({
  ...rest,
  backfillId: backfill_id,
  shopId: shop_id,
  shopTmId: shop_tm_id,
  windowDays: window_days,
  startedAt: started_at,
  finishedAt: finished_at,
  /** The newest day that is being listed or synced; null before and after. */
  workingOn: working_on,
  windows: { ...windows, withFailures: with_failures },
  failures: failures.map(({ reason, ...failure }) => ({ ...failure, reason: reason ?? 'unknown' })),
})

/** `ros` counts each RO of each window once; `failures` holds the first 20, with `ro` null for a window's own. */
export type BackfillProgress = ReturnType<typeof toProgress>

const Claimed = z.object({
  status: z.enum(['open', 'finished']),
  pending: Count,
  window: z
    .object({
      position: z.int(),
      from: IsoDate,
      to: IsoDate,
      run_id: z.uuid(),
      pages: Count,
      next_keys: z.string().nullable(),
    })
    .nullable(),
})

export interface ReportRow {
  readonly ro: number
  readonly posted: string | null
  readonly figures?: string | null
}

export interface BackfillPage {
  readonly backfillId: string
  readonly position: number
  /** Pages planned before this one: the call does nothing when that is no longer true. */
  readonly pages: number
  readonly seen: readonly ReportRow[]
  /** TM's key of the page after it; null when it is the last. */
  readonly nextKeys: string | null
  readonly last: boolean
  readonly truncated: boolean
}

export const backfillCalls = (api: WarehouseApi) => {
  const progressOf = async (name: string, args: Record<string, unknown>): Promise<BackfillProgress> =>
    toProgress(await callRpc(api, name, args, Progress))

  return {
    /** Opens a backfill of shop-local days, or gives back the shop's open one with its failed windows begun again. */
    open: async (wish: {
      shopId: string
      from: string
      to: string
      windowDays: number
      trigger: 'cli' | 'api'
      forecast: object
    }) => {
      const args = {
        p_shop_id: wish.shopId,
        p_from: wish.from,
        p_to: wish.to,
        p_window_days: wish.windowDays,
        p_trigger: wish.trigger,
        p_forecast: wish.forecast,
      }
      const { existing, ...progress } = await callRpc(
        api,
        'open_backfill',
        args,
        Progress.extend({ existing: z.boolean() }),
      )
      return { ...toProgress(progress), existing }
    },

    /** Ends what is settled and names the newest window that is not fully listed, with its run; null when there is none. */
    claim: async ({ backfillId }: { backfillId: string }) => {
      const { status, pending, window } = await callRpc(
        api,
        'claim_backfill_window',
        { p_backfill_id: backfillId },
        Claimed,
      )
      if (window === null) return { status, pending, window }
      const { run_id, next_keys, ...rest } = window
      return { status, pending, window: { ...rest, runId: run_id, nextKeys: next_keys } }
    },

    /** Plans the ROs of one page and stores the next key, in one transaction. `asked` are those to sync. */
    advance: (page: BackfillPage) =>
      callRpc(
        api,
        'advance_backfill_window',
        {
          p_backfill_id: page.backfillId,
          p_position: page.position,
          p_pages: page.pages,
          p_seen: page.seen.map(({ ro, posted, figures }) => ({ ro, posted, updated: null, figures })),
          p_next_keys: page.nextKeys,
          p_last: page.last,
          p_truncated: page.truncated,
        },
        z.object({ advanced: z.boolean(), asked: z.array(z.int()) }),
      ),

    /** The window cannot be listed: it ends as failed, the others go on. */
    failWindow: (failure: { backfillId: string; position: number; error: object }) =>
      progressOf('fail_backfill_window', {
        p_backfill_id: failure.backfillId,
        p_position: failure.position,
        p_error: failure.error,
      }),

    progress: ({ backfillId }: { backfillId: string }) =>
      progressOf('backfill_progress', { p_backfill_id: backfillId }),

    /** Posted ROs of these days that are stored already, and how many a day the shop usually posts. */
    scope: async (days: ShopDays) => {
      const shape = z.object({ stored: Count, per_day: z.number().nullable() })
      const { stored, per_day } = await callRpc(api, 'backfill_scope', daysArgs(days), shape)
      return { stored, perDay: per_day }
    },

    /** Those that are not finished, oldest first. */
    listOpen: async () => {
      const shape = z.array(z.object({ shop_tm_id: z.int(), backfill_id: z.uuid() }))
      const open = await callRpc(api, 'open_backfills', {}, shape)
      return open.map(({ shop_tm_id, backfill_id }) => ({ shopTmId: shop_tm_id, backfillId: backfill_id }))
    },
  }
}
