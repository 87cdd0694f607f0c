// The owner's reports: read functions over stored days and counted ROs. Every one is NULL for a shop that is not there
// (or, under row-level security, not the reader's). Money in cents; names and formulas: docs/metric-contracts.md.
import { z } from 'zod'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Cents, Count, daysArgs, Instant, IsoDate, Ratio, type ShopDays } from './shapes.ts'

export const PRESETS = ['today', 'week_to_date', 'last_7_days', 'month_to_date', 'last_30_days'] as const
export type Preset = (typeof PRESETS)[number]

/** Sums and ratios under the names of `daily_shop_metrics`; every one of them is there, these are checked. */
const Figures = z.looseObject({
  ro_count: Count,
  authorized_revenue: Cents,
  authorized_cost: Cents,
  authorized_profit: Cents,
  authorized_gp_percent: Ratio,
  labor_hours: z.number(),
  estimated_labor_cost: Cents,
  net_sales: Cents,
  potential_revenue: Cents,
  authorization_rate: Ratio,
})
export type Figures = z.output<typeof Figures>

const Range = z.object({ from: IsoDate, to: IsoDate })

const Period = Range.extend({ preset: z.enum(PRESETS), today: IsoDate, timezone: z.string() })

const Summary = Range.extend({
  current: Figures,
  previous: Figures.extend({ from: IsoDate, to: IsoDate }),
  estimated: z.object({
    labor_cost: Cents,
    labor_cost_percent: Ratio,
    ro_count: Count,
    profit_resting_on_estimates: Cents,
    profit_on_known_costs: Cents,
  }),
  freshness: z.looseObject({
    complete_through: IsoDate.nullable(),
    complete_through_at: Instant.nullable(),
    stopped_by: z.looseObject({ state: z.string(), reason: z.string().nullable() }),
    days_proven: Count,
    days_differing: Count,
    days_unproven: Count,
    last_synced_at: Instant.nullable(),
    stale_ros: Count,
    dirty_days: Count,
    quarantined: Count,
    quarantined_unknown: Count,
    withheld_cents: Cents,
  }),
})
export type Summary = z.output<typeof Summary>

const Daily = Range.extend({
  days: z.array(Figures.extend({ metric_date: IsoDate })),
  dirty_days: z.array(IsoDate),
})

const Labor = z.object({
  hours_billed: z.number(),
  labor_revenue: Cents,
  labor_cost: Cents,
  estimated_labor_cost: Cents,
})
const Technician = Labor.extend({
  technician_id: z.uuid(),
  technician_tm_id: z.int().nullable(),
  technician_name: z.string().nullable(),
  labor_profit: Cents,
  gp_percent: Ratio,
  gp_per_hour: Ratio,
  avg_retail_rate: Ratio,
  avg_cost_rate: Ratio,
  jobs_worked: Count,
  ros_worked: Count,
  rate_sources: z.object({ assigned: Count, shop_avg: Count, default: Count }),
})
const Technicians = Range.extend({ technicians: z.array(Technician), unassigned: Labor, shop: Labor })

const Advisors = Range.extend({
  advisors: z.array(
    z.object({
      service_advisor_id: z.uuid().nullable(),
      service_advisor_tm_id: z.int().nullable(),
      advisor_name: z.string().nullable(),
      ro_count: Count,
      authorized_revenue: Cents,
      authorized_cost: Cents,
      authorized_profit: Cents,
      estimated_labor_cost: Cents,
      labor_hours: z.number(),
      potential_revenue: Cents,
      authorized_gp_percent: Ratio,
      avg_ro_value: Ratio,
      avg_ro_profit: Ratio,
      gross_profit_per_labor_hour: Ratio,
      sales_per_labor_hour: Ratio,
      authorization_rate: Ratio,
    }),
  ),
})

/** The columns of a counted `ro_snapshots` row; these are checked. */
export const CountedRepairOrder = z.looseObject({
  ro_tm_id: z.int(),
  ro_number: z.int(),
  snapshot_date: IsoDate,
  snapshot_trigger: z.enum(['posted', 'completed']),
  customer_name: z.string().nullable(),
  authorized_revenue: Cents.nullable(),
  authorized_profit: Cents.nullable(),
  authorized_gp_percent: Ratio,
  estimated_labor_cost: Cents.nullable(),
  variance_reason: z.string().nullable(),
})

/** Where the next page begins: give it back as it is. NULL after the last page. */
const Next = z.record(z.string(), z.union([z.string(), z.number()])).nullable()
export type Place = NonNullable<z.output<typeof Next>>

const RepairOrders = Range.extend({ repair_orders: z.array(CountedRepairOrder), next: Next })

const Exceptions = RepairOrders.extend({
  kinds: z.array(z.object({ name: z.string(), ro_count: Count, authorized_profit: Cents.nullable() })),
  repair_orders: z.array(CountedRepairOrder.extend({ kind: z.string() })),
})

const EstimatedCosts = RepairOrders.extend({
  labor_cost: Cents,
  estimated_labor_cost: Cents,
  unassigned: Labor,
  technicians: z.array(Technician.extend({ has_rate: z.boolean() })),
})

const Restatements = z.object({
  since: Instant,
  restatements: z.array(
    z.object({
      date: IsoDate,
      restated_at: Instant,
      changes: z.array(z.object({ metric: z.string(), old: Ratio, new: Ratio })),
      repair_orders: z.array(z.object({ ro_tm_id: z.int(), ro_number: z.int().nullable() })),
    }),
  ),
  next: Next,
})

const WorkInProgress = z.object({
  statuses: z.array(
    z.object({
      status_id: z.int(),
      status: z.string(),
      ro_count: Count,
      authorized_revenue: Cents,
      potential_revenue: Cents,
      authorized_labor_hours: z.number(),
    }),
  ),
  repair_orders: z.array(
    z.looseObject({
      ro_tm_id: z.int(),
      ro_number: z.int(),
      status_id: z.int(),
      status: z.string(),
      customer_name: z.string().nullable(),
      authorized_revenue: Cents,
      potential_revenue: Cents,
      is_counted: z.boolean(),
    }),
  ),
  next: Next,
})

export interface Paging {
  /** `next` of the page before; left out for the first. */
  readonly after?: Place | null
  /** 1 to 500, default 100. */
  readonly limit?: number
}

const DEFAULT_LIMIT = 100

const paged = ({ after = null, limit = DEFAULT_LIMIT }: Paging) => ({ p_after: after, p_limit: limit })

export const reportCalls = (api: WarehouseApi) => ({
  /** A preset as days of the shop's calendar; `at` another moment than now. */
  period: ({ shopId, preset, at = null }: { shopId: string; preset: Preset; at?: string | null }) =>
    callRpc(api, 'report_period', { p_shop_id: shopId, p_preset: preset, p_at: at }, Period.nullable()),

  /** KPIs with the period before; `preset` settles what "the period before" is where the days leave it open. */
  summary: ({ preset = null, ...range }: ShopDays & { readonly preset?: Preset | 'custom' | null }) =>
    callRpc(api, 'report_summary', { ...daysArgs(range), p_preset: preset }, Summary.nullable()),

  /** Stored days, oldest first; a day without ROs is absent. */
  daily: (range: ShopDays) => callRpc(api, 'report_daily', daysArgs(range), Daily.nullable()),

  technicians: (range: ShopDays) =>
    callRpc(api, 'report_technicians', daysArgs(range), Technicians.nullable()),

  advisors: (range: ShopDays) => callRpc(api, 'report_advisors', daysArgs(range), Advisors.nullable()),

  /** Counted ROs, newest first. */
  repairOrders: (range: ShopDays & Paging) =>
    callRpc(api, 'report_repair_orders', { ...daysArgs(range), ...paged(range) }, RepairOrders.nullable()),

  /** Counted ROs with a negative profit or a variance, newest first, and sums by kind. */
  exceptions: (range: ShopDays & Paging) =>
    callRpc(api, 'report_exceptions', { ...daysArgs(range), ...paged(range) }, Exceptions.nullable()),

  /** ROs and technicians whose labor cost is estimated, most money first. */
  estimatedCosts: (range: ShopDays & Paging) =>
    callRpc(
      api,
      'report_estimated_costs',
      { ...daysArgs(range), ...paged(range) },
      EstimatedCosts.nullable(),
    ),

  /** Changes of days already over, since an instant, newest first. */
  restatements: ({ shopId, since, ...paging }: { shopId: string; since: string } & Paging) =>
    callRpc(
      api,
      'report_restatements',
      { p_shop_id: shopId, p_since: since, ...paged(paging) },
      Restatements.nullable(),
    ),

  /** Open ROs, newest first, and sums by status. */
  workInProgress: ({ shopId, ...paging }: { shopId: string } & Paging) =>
    callRpc(
      api,
      'report_work_in_progress',
      { p_shop_id: shopId, ...paged(paging) },
      WorkInProgress.nullable(),
    ),
})
