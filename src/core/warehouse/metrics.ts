// A shop's days: recomputed, marked for it, read. The formulas live in SQL only.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, IsoDate } from './shapes.ts'

const Cents = z.int()
const Ratio = z.number().nullable()

/** A row of `daily_shop_metrics`; money in cents, names as in metrics.md. */
const DailyMetricsRow = z.looseObject({
  metric_date: IsoDate,
  ro_count: Count,
  authorized_revenue: Cents,
  authorized_cost: Cents,
  authorized_profit: Cents,
  authorized_gp_percent: Ratio,
  labor_hours: z.coerce.number(),
  net_sales: Cents,
})
export type DailyMetrics = z.output<typeof DailyMetricsRow>

const RefreshedDay = z.object({
  row: z.looseObject({ metric_date: IsoDate }).nullable(),
  changed: z.boolean(),
  deleted: z.boolean(),
  restated: Count,
})

export const metricCalls = (api: WarehouseApi) => ({
  /** Recomputes one shop-local day from its counted snapshots; `row` null means the day is empty. */
  refreshDay: ({ shopId, date }: { shopId: string; date: string }) =>
    callRpc(api, 'refresh_daily_metrics', { p_shop_id: shopId, p_date: date }, RefreshedDay),

  /** Marks the days of a range (inclusive) that have or had ROs. Returns them. */
  markDaysDirty: ({ shopId, from, to }: { shopId: string; from: string; to: string }) =>
    callRpc(api, 'mark_days_dirty', { p_shop_id: shopId, p_from: from, p_to: to }, z.array(IsoDate)),

  /** The days of a range (inclusive), oldest first; a day without ROs is absent. */
  daily: ({ shopId, from, to }: { shopId: string; from: string; to: string }) =>
    callRpc(api, 'daily_metrics', { p_shop_id: shopId, p_from: from, p_to: to }, z.array(DailyMetricsRow)),
})
