// What operators and the sweep ask: what waits, what failed, how big things are, and the clean-up.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, Instant, IsoDate } from './shapes.ts'

const Marks = z.object({
  stale_ros: z.array(z.object({ shop_tm_id: z.int(), ro: z.int() })),
  dirty_days: z.array(z.object({ shop_tm_id: z.int(), date: IsoDate })),
  pending_items: z.array(z.object({ shop_tm_id: z.int(), ro: z.int(), run_id: z.uuid() })),
  unknown_parties: z.array(z.int()),
})

const Backlog = z.object({
  stale_ros: Count,
  dirty_days: Count,
  pending_items: Count,
  open_runs: Count,
  unknown_parties: Count,
  oldest_mark_at: Instant.nullable(),
})

const Gauges = z.object({
  backlog: z.record(z.string(), Count),
  oldest_seconds: z.record(z.string(), z.number().nullable()),
  runs: z.array(z.object({ kind: z.string(), status: z.string(), count: Count })),
  quarantine: z.object({ repair_orders: Count, withheld_cents: z.int() }),
  deletions_held: Count,
  shops: z.array(z.object({ shop_tm_id: z.int(), paused: z.boolean(), listed_seconds: z.number() })),
})

const Facts = z.object({
  now: Instant,
  server_version: z.string(),
  role: z.string(),
  tables_without_rls: z.array(z.string()),
  migrations: z.record(z.string(), z.string()),
})

const Summary = z.looseObject({
  tables: z.record(z.string(), Count),
  rls_everywhere: z.boolean(),
  last_runs: z.array(z.looseObject({ run_id: z.uuid(), shop_tm_id: z.int() })),
  latest_days: z.array(z.looseObject({ shop_tm_id: z.int(), metric_date: IsoDate })),
  oldest_mark_at: Instant.nullable(),
  failed_by_reason: z.record(z.string(), Count),
  quarantine: z.looseObject({ repair_orders: Count }),
  deletions_held: z.array(z.looseObject({ shop_tm_id: z.int(), repair_orders: Count })),
  field_drift: z.array(z.looseObject({ path: z.string() })),
  paused_shops: z.array(z.looseObject({ shop_tm_id: z.int(), reason: z.string().nullable() })),
})

export const operationCalls = (api: WarehouseApi) => ({
  /** Marks and pending items older than that, oldest first, at most `limit` of each kind. */
  dirtyMarks: async ({ olderThanSeconds, limit }: { olderThanSeconds: number; limit: number }) => {
    const marks = await callRpc(
      api,
      'dirty_marks',
      { p_older_than_seconds: olderThanSeconds, p_limit: limit },
      Marks,
    )
    return {
      staleRos: marks.stale_ros.map(({ shop_tm_id, ro }) => ({ shopTmId: shop_tm_id, ro })),
      dirtyDays: marks.dirty_days.map(({ shop_tm_id, date }) => ({ shopTmId: shop_tm_id, date })),
      pendingItems: marks.pending_items.map(({ shop_tm_id, ro, run_id }) => ({
        shopTmId: shop_tm_id,
        ro,
        runId: run_id,
      })),
      /** Shops with customers or vehicles never seen in full. */
      unknownParties: marks.unknown_parties,
    }
  },

  /** How much waits, of one shop or of all. */
  backlog: async ({ shopId }: { shopId?: string } = {}) => {
    const waiting = await callRpc(api, 'pipeline_backlog', { p_shop_id: shopId ?? null }, Backlog)
    return {
      staleRos: waiting.stale_ros,
      dirtyDays: waiting.dirty_days,
      pendingItems: waiting.pending_items,
      openRuns: waiting.open_runs,
      unknownParties: waiting.unknown_parties,
      oldestMarkAt: waiting.oldest_mark_at,
    }
  },

  /** What /metrics asks at every scrape. Ages in seconds by the database's clock; money in cents. */
  gauges: async () => {
    const { quarantine, shops, ...state } = await callRpc(api, 'operational_gauges', {}, Gauges)
    return {
      backlog: state.backlog,
      /** By kind of mark; null: there is none. */
      oldestSeconds: state.oldest_seconds,
      runs: state.runs,
      quarantine: { repairOrders: quarantine.repair_orders, withheldCents: quarantine.withheld_cents },
      deletionsHeld: state.deletions_held,
      shops: shops.map(({ shop_tm_id, paused, listed_seconds }) => ({
        shopTmId: shop_tm_id,
        paused,
        listedSeconds: listed_seconds,
      })),
    }
  },

  /** What `warehouse doctor` needs to know of the database. */
  installationFacts: async () => {
    const facts = await callRpc(api, 'installation_facts', {}, Facts)
    return {
      now: facts.now,
      serverVersion: facts.server_version,
      role: facts.role,
      tablesWithoutRls: facts.tables_without_rls,
      /** Checksum by file of migrations/, as applied. */
      migrations: facts.migrations,
    }
  },

  /** A canary came out of this queue and got as far as here. */
  recordCanary: async ({ queue }: { queue: string }): Promise<void> => {
    await callRpc(api, 'record_canary', { p_queue: queue }, z.object({ passed_at: Instant }))
  },

  /** Seconds since a canary last came through each queue; a queue that none ever passed is absent. */
  canaryAges: (): Promise<Record<string, number>> =>
    callRpc(api, 'canary_ages', {}, z.record(z.string(), z.number())),

  /** The state of the warehouse for people; keys as the SQL function names them. */
  summary: () => callRpc(api, 'ops_summary', {}, Summary),

  /** Removes expired raw payloads and old runs. */
  purgeExpired: async () => {
    const { raw_payloads, sync_log } = await callRpc(
      api,
      'purge_expired',
      {},
      z.object({ raw_payloads: Count, sync_log: Count }),
    )
    return { rawPayloads: raw_payloads, syncLog: sync_log }
  },
})
