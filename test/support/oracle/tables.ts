// The compared tables as maps of rows by a readable key, and what a counted RO brings to its day.
import type { SimRepairOrder } from '../../../src/embedded/simulator/model.ts'
import type { Row } from './columns.ts'
import type { Figures } from './figures.ts'
import type { SourceShop } from './source.ts'

export type Table =
  | 'repair_orders'
  | 'jobs'
  | 'job_parts'
  | 'job_labor'
  | 'job_sublets'
  | 'job_fees'
  | 'ro_snapshots'
  | 'daily_shop_metrics'
  | 'tech_daily_metrics'
  | 'advisor_daily_metrics'
  | 'customers'
  | 'vehicles'

/** Rows of one table by key, for example `shop 4321 RO 20418 job 1190332001 part 2`. */
export type Rows = Map<string, Row>
export type Tables = Readonly<Record<Table, Rows>>

export const emptyTables = (): Tables => ({
  repair_orders: new Map(),
  jobs: new Map(),
  job_parts: new Map(),
  job_labor: new Map(),
  job_sublets: new Map(),
  job_fees: new Map(),
  ro_snapshots: new Map(),
  daily_shop_metrics: new Map(),
  tech_daily_metrics: new Map(),
  advisor_daily_metrics: new Map(),
  customers: new Map(),
  vehicles: new Map(),
})

/** The readable key of an RO; keys of everything below it begin with it. */
export const roKey = (shopTmId: number | string, roNumber: number | string): string =>
  `shop ${shopTmId} RO ${roNumber}`

export interface Counted {
  readonly ro: SimRepairOrder
  readonly shop: SourceShop
  readonly figures: Figures
  readonly date: string
  readonly trigger: 'posted' | 'completed'
}

/** The columns of an RO that days sum up. */
export const summedFigures = (figures: Figures): Record<string, bigint> => {
  const { authorized, live, profit } = figures
  return {
    authorized_revenue: profit.revenue,
    authorized_cost: profit.cost,
    authorized_profit: profit.revenue - profit.cost,
    authorized_total: figures.authorizedTotal,
    authorized_job_count: figures.jobCount,
    parts_revenue: authorized.parts.revenue,
    parts_cost: authorized.parts.cost,
    labor_revenue: authorized.labor.revenue,
    labor_hours: authorized.labor.hours,
    labor_cost: authorized.labor.cost,
    estimated_labor_cost: authorized.labor.estimated,
    sublet_revenue: authorized.sublets.revenue,
    sublet_cost: authorized.sublets.cost,
    fees_total: figures.fees,
    discount_total: figures.discount,
    tax_total: figures.tax,
    net_sales: figures.netSales,
    net_profit: figures.netProfit,
    potential_revenue: live.parts.revenue + live.labor.revenue + live.sublets.revenue,
    potential_job_count: figures.liveJobCount,
    declined_revenue: figures.declined,
    pending_revenue: figures.pending,
    potential_total: figures.potentialTotal,
    unassigned_labor_hours: figures.unassigned.hours,
    unassigned_labor_revenue: figures.unassigned.revenue,
  }
}
