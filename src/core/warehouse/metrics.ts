// A shop's days: recomputed, marked for it, read. The formulas live in SQL only.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Cents, Count, daysArgs, IsoDate, Ratio, type ShopDays } from './shapes.ts'

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

const RefreshedSnapshots = z.array(z.object({ outcome: z.string(), affected_dates: z.array(IsoDate) }))

export const metricCalls = (api: WarehouseApi) => ({
  /** Recomputes one shop-local day from its counted snapshots; `row` null means the day is empty. */
  refreshDay: ({ shopId, date }: { shopId: string; date: string }) =>
    callRpc(api, 'refresh_daily_metrics', { p_shop_id: shopId, p_date: date }, RefreshedDay),

  /** The days of a range that have or had ROs, oldest first. */
  days: (days: ShopDays) => callRpc(api, 'metric_days', daysArgs(days), z.array(IsoDate)),

  /** TM ids of the ROs posted, completed or counted on days of a range. */
  repairOrders: (days: ShopDays) => callRpc(api, 'metric_repair_orders', daysArgs(days), z.array(z.int())),

  /** Brings the snapshots of these ROs in line with their lines; the days that moved are marked dirty. */
  refreshSnapshots: async ({ shopId, ros }: { shopId: string; ros: readonly number[] }) => {
    const answer = await callRpc(
      api,
      'refresh_ro_snapshots',
      { p_shop_id: shopId, p_ro_tm_ids: ros },
      RefreshedSnapshots,
    )
    return {
      changed: answer.filter(({ outcome }) => outcome === 'written' || outcome === 'withdrawn').length,
      affectedDates: answer.flatMap(({ affected_dates }) => affected_dates),
    }
  },

  /** Marks the days of a range that have or had ROs. Returns them. */
  markDaysDirty: (days: ShopDays) => callRpc(api, 'mark_days_dirty', daysArgs(days), z.array(IsoDate)),

  /** The days of a range (inclusive), oldest first; a day without ROs is absent. */
  daily: (days: ShopDays) => callRpc(api, 'daily_metrics', daysArgs(days), z.array(DailyMetricsRow)),
})
