// The days that counted ROs make: the shop's, its technicians' and its advisors' (metrics.md).
import type { Row } from './columns.ts'
import { divide, percent, perHour, ratio, sum } from './exact.ts'
import type { TechnicianShare } from './figures.ts'
import { summedFigures, type Counted, type Tables } from './tables.ts'

const groupBy = <T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const name = key(item)
    groups.set(name, [...(groups.get(name) ?? []), item])
  }
  return groups
}

/** Fills the three daily tables. */
export const expectedDays = (tables: Tables, counted: readonly Counted[]): void => {
  for (const [key, day] of groupBy(counted, ({ shop, date }) => `shop ${shop.tmId} day ${date}`)) {
    tables.daily_shop_metrics.set(key, shopDay(day))
    const advised = groupBy(day, ({ ro }) => String(ro.serviceWriterId ?? 'none'))
    for (const [advisor, ros] of advised)
      tables.advisor_daily_metrics.set(`${key} advisor ${advisor}`, advisorDay(ros))
    const shares = day.flatMap(({ figures }) => figures.technicians)
    for (const [technician, worked] of groupBy(shares, (share) => String(share.technician)))
      tables.tech_daily_metrics.set(`${key} technician ${technician}`, technicianDay(worked))
  }
}

/** Σ of every summed column. */
const sums = (ros: readonly Counted[]): Record<string, bigint> & Totals => {
  const total: Record<string, bigint> = {}
  for (const { figures } of ros)
    for (const [column, value] of Object.entries(summedFigures(figures)))
      total[column] = (total[column] ?? 0n) + value
  return total as Record<string, bigint> & Totals
}

interface Totals {
  readonly authorized_revenue: bigint
  readonly authorized_cost: bigint
  readonly authorized_profit: bigint
  readonly labor_revenue: bigint
  readonly labor_cost: bigint
  readonly labor_hours: bigint
  readonly estimated_labor_cost: bigint
  readonly potential_revenue: bigint
}

const shopDay = (ros: readonly Counted[]): Row => {
  const total = sums(ros)
  const count = BigInt(ros.length)
  const { authorized_revenue: revenue, authorized_profit: profit, labor_hours: hours } = total
  return {
    ...total,
    ro_count: count,
    ro_posted_count: BigInt(ros.filter(({ trigger }) => trigger === 'posted').length),
    ro_completed_count: BigInt(ros.filter(({ trigger }) => trigger === 'completed').length),
    source_snapshot_count: count,
    authorized_gp_percent: percent(profit, revenue),
    avg_ro_value: divide(revenue, count),
    avg_ro_profit: divide(profit, count),
    avg_labor_rate: perHour(total.labor_revenue, hours),
    gp_per_labor_hour: perHour(total.labor_revenue - total.labor_cost, hours),
    gross_profit_per_labor_hour: perHour(profit, hours),
    sales_per_labor_hour: perHour(revenue, hours),
    authorization_rate: percent(revenue, total.potential_revenue),
  }
}

const advisorDay = (ros: readonly Counted[]): Row => {
  const total = sums(ros)
  const { authorized_revenue: revenue, authorized_profit: profit } = total
  return {
    ro_count: BigInt(ros.length),
    authorized_revenue: revenue,
    authorized_cost: total.authorized_cost,
    authorized_profit: profit,
    estimated_labor_cost: total.estimated_labor_cost,
    authorized_gp_percent: percent(profit, revenue),
    avg_ro_value: ratio(revenue, BigInt(ros.length)),
    labor_hours: total.labor_hours,
    potential_revenue: total.potential_revenue,
    authorization_rate: percent(revenue, total.potential_revenue),
  }
}

/** One share per RO the technician worked on that day. */
const technicianDay = (shares: readonly TechnicianShare[]): Row => {
  const hours = sum(shares, (share) => share.hours)
  const revenue = sum(shares, (share) => share.revenue)
  const cost = sum(shares, (share) => share.cost)
  return {
    hours_billed: hours,
    labor_revenue: revenue,
    labor_cost: cost,
    labor_profit: revenue - cost,
    estimated_labor_cost: sum(shares, (share) => share.estimatedCost),
    gp_per_hour: perHour(revenue - cost, hours),
    gp_percent: percent(revenue - cost, revenue),
    avg_retail_rate: perHour(revenue, hours),
    avg_cost_rate: perHour(cost, hours),
    jobs_worked: sum(shares, (share) => share.jobs),
    ros_worked: BigInt(shares.length),
    'rate_sources.assigned': sum(shares, (share) => share.sources.assigned),
    'rate_sources.shop_avg': sum(shares, (share) => share.sources.shop_avg),
    'rate_sources.default': sum(shares, (share) => share.sources.default),
  }
}
