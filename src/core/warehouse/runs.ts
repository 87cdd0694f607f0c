// Sync runs: opened, filled with ROs, closed, counted. Each RO counts once per run however often it was tried.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, Instant, outcomeCounts } from './shapes.ts'

export type RunKind = 'repair-orders' | 'employees' | 'customers' | 'vehicles' | (string & {})
/** The table refuses any other. */
export type RunTrigger = 'schedule' | 'cli' | 'api' | 'webhook' | 'sweep' | (string & {})

export interface RunItem {
  /** TM id of the RO. */
  readonly ro: number
  readonly outcome: 'pending' | 'skipped'
}

/** What was wrong with one row: where it would have gone, which one it was, and why. */
const RowError = z.looseObject({ table: z.string(), tm_id: z.int().nullable(), message: z.string() })

const Progress = z.object({
  run_id: z.uuid(),
  shop_id: z.uuid(),
  shop_tm_id: z.int(),
  kind: z.string(),
  trigger: z.string(),
  backfill_id: z.uuid().nullable(),
  status: z.enum(['listing', 'syncing', 'finished', 'failed']),
  fetched: Count,
  ...outcomeCounts,
  truncated: z.boolean(),
  started_at: Instant,
  listed_at: Instant.nullable(),
  finished_at: Instant.nullable(),
  error: z.unknown(),
  deletions_held: Count,
  failures: z.array(z.object({ ro: z.int(), reason: z.string().nullable(), errors: z.array(RowError) })),
  refused: z.array(z.object({ id: z.int(), reason: z.string() })),
})

const toProgress = ({
  run_id,
  shop_id,
  shop_tm_id,
  backfill_id,
  started_at,
  listed_at,
  finished_at,
  deletions_held,
  failures,
  ...run
}: z.output<typeof Progress>) => ({
  ...run,
  runId: run_id,
  shopId: shop_id,
  shopTmId: shop_tm_id,
  /** The backfill whose window this run reads; null for every other run. */
  backfillId: backfill_id,
  startedAt: started_at,
  listedAt: listed_at,
  finishedAt: finished_at,
  /** Deletions not made because they were too many at once: `warehouse deletions`. */
  deletionsHeld: deletions_held,
  failures: failures.map(({ ro, reason, errors }) => ({ ro, reason: reason ?? 'unknown', errors })),
})

/** State and counts; `fetched` is the sum of all outcomes, pending included. At most 20 failures are listed.
 * `refused`: the first rows of a list (of customers, vehicles) that did not parse. */
export type RunProgress = ReturnType<typeof toProgress>

const RunItemRow = z.object({
  ro: z.int(),
  outcome: z.string(),
  requested_at: Instant,
  settled_at: Instant.nullable(),
  reason: z.string().nullable(),
})

/** A run in a list: without its failures. */
const ListedRun = Progress.extend({
  failures: Progress.shape.failures.default([]),
  refused: Progress.shape.refused.default([]),
})

export interface RunFilter {
  /** Our ids; null means all shops. */
  readonly shopIds: readonly string[] | null
  readonly kind?: string | undefined
  readonly status?: string | undefined
  /** The last run of the page before. */
  readonly before?: { readonly startedAt: string; readonly runId: string } | undefined
  readonly limit: number
}

/** How many items one call takes; a longer list is sent in several. */
const ITEMS_PER_CALL = 5_000

export const runCalls = (api: WarehouseApi) => {
  const progressOf = async (name: string, args: Record<string, unknown>): Promise<RunProgress> =>
    toProgress(await callRpc(api, name, args, Progress))

  return {
    /** Opens a run, or returns the one that the same request key opened before. */
    start: async (run: {
      shopId: string
      kind: RunKind
      trigger: RunTrigger
      params: Readonly<Record<string, unknown>>
      requestKey?: string
    }) => {
      const { run_id, existing } = await callRpc(
        api,
        'start_run',
        {
          p_shop_id: run.shopId,
          p_kind: run.kind,
          p_trigger: run.trigger,
          p_params: run.params,
          p_request_key: run.requestKey ?? null,
        },
        z.object({ run_id: z.uuid(), existing: z.boolean() }),
      )
      return { runId: run_id, existing }
    },

    /** Puts ROs on a run; recording one again changes nothing. Returns how many of each were new. */
    recordItems: async ({
      runId,
      shopId,
      items,
    }: {
      runId: string
      shopId: string
      items: readonly RunItem[]
    }) => {
      const recorded = { pending: 0, skipped: 0 }
      for (let from = 0; from < items.length; from += ITEMS_PER_CALL) {
        const { pending, skipped } = await callRpc(
          api,
          'record_run_items',
          { p_run_id: runId, p_shop_id: shopId, p_items: items.slice(from, from + ITEMS_PER_CALL) },
          z.object({ pending: Count, skipped: Count }),
        )
        recorded.pending += pending
        recorded.skipped += skipped
      }
      return recorded
    },

    /**
     * Settles the item of the run as failed, and of every run what was asked for before the read that failed began.
     * `reason` is for people.
     */
    failItem: (item: {
      shopId: string
      roTmId: number
      runId: string | null
      reason: string
      details: Readonly<Record<string, unknown>>
      /** How long ago the read began. */
      readAgeMs: number
    }) =>
      callRpc(
        api,
        'fail_run_item',
        {
          p_shop_id: item.shopId,
          p_ro_tm_id: item.roTmId,
          p_run_id: item.runId,
          p_reason: item.reason,
          p_details: item.details,
          p_read_age_ms: item.readAgeMs,
        },
        z.object({ settled: Count }),
      ),

    /** The listing is complete. `truncated` in it marks the run; counts in it count runs without ROs. */
    closeListing: ({ runId, listing }: { runId: string; listing: object }) =>
      progressOf('close_listing', { p_run_id: runId, p_listing: listing }),

    fail: ({ runId, error }: { runId: string; error: object }) =>
      progressOf('fail_run', { p_run_id: runId, p_error: error }),

    progress: ({ runId }: { runId: string }) => progressOf('run_progress', { p_run_id: runId }),

    /** Ends the run if its listing is closed and nothing is pending; otherwise only tells how far it is. */
    finish: ({ runId }: { runId: string }) => progressOf('finish_run', { p_run_id: runId }),

    /** A page of runs, newest first, without failures. */
    list: async ({ shopIds, kind, status, before, limit }: RunFilter): Promise<RunProgress[]> => {
      const args = {
        p_shops: shopIds,
        p_kind: kind ?? null,
        p_status: status ?? null,
        p_before_at: before?.startedAt ?? null,
        p_before_id: before?.runId ?? null,
        p_limit: limit,
      }
      return (await callRpc(api, 'list_runs', args, z.array(ListedRun))).map(toProgress)
    },

    /** A page of outcomes by RO, in the order of TM's ids. */
    items: async (page: {
      runId: string
      outcome?: string | undefined
      after?: number | undefined
      limit: number
    }) => {
      const args = {
        p_run_id: page.runId,
        p_outcome: page.outcome ?? null,
        p_after: page.after ?? null,
        p_limit: page.limit,
      }
      const rows = await callRpc(api, 'list_run_items', args, z.array(RunItemRow))
      return rows.map(({ requested_at, settled_at, ...row }) => ({
        ...row,
        requestedAt: requested_at,
        settledAt: settled_at,
      }))
    },

    /** Opens a run of one pending RO for each wish, in one transaction. Returns the run ids in the order given. */
    openResyncs: ({
      wishes,
      trigger,
    }: {
      wishes: readonly { shopId: string; ro: number }[]
      trigger: RunTrigger
    }) =>
      callRpc(
        api,
        'open_resync_runs',
        {
          p_wishes: wishes.map(({ shopId, ro }, position) => ({ shop_id: shopId, ro, position })),
          p_trigger: trigger,
        },
        z.array(z.uuid()),
      ),

    /** Runs opened longer ago than that whose listing is not closed; those of backfills are left out. */
    listing: async ({ olderThanSeconds }: { olderThanSeconds: number }) => {
      const rows = await callRpc(
        api,
        'listing_runs',
        { p_older_than_seconds: olderThanSeconds },
        z.array(z.object({ run_id: z.uuid(), request_key: z.string().nullable() })),
      )
      return rows.map(({ run_id, request_key }) => ({ runId: run_id, requestKey: request_key }))
    },

    /** Ends those that still list as failed: their queue jobs are in no queue any more. */
    failLost: ({ runIds }: { runIds: readonly string[] }) =>
      callRpc(api, 'fail_lost_runs', { p_run_ids: runIds }, z.object({ failed: Count })),

    finishOpen: () => callRpc(api, 'finish_open_runs', {}, z.object({ finished: Count })),
  }
}
