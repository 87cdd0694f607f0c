// `/profit/labor` and the posted-sales report (spec §4.5, §4.6): authorized work only, costs at today's rates.
import type { SimLabor, SimRepairOrder } from './model.ts'
import { laborCost, profitSums, repairOrderSums } from './money.ts'
import { chanceOf } from './random.ts'
import type { RenderContext } from './render-repair-order.ts'

type Json = Record<string, unknown>

/** Six digits; the string "NaN" when there was no revenue (S10). */
const margin = (profit: number, retail: number): number | 'NaN' =>
  retail === 0 ? 'NaN' : Math.round((profit / retail) * 1_000_000) / 1_000_000

const profitOf = (retail: number, cost: number): Json => ({
  retail,
  cost,
  profit: retail - cost,
  margin: margin(retail - cost, retail),
})

export const renderProfit = (ro: SimRepairOrder, context: RenderContext): Json => {
  const { state, style } = context
  const sums = profitSums(ro, state.costs)
  const lines = ro.jobs.filter((job) => job.authorized === true).flatMap((job) => job.labor)
  const n = (value: number, field: string) => style.n(value, ro.id, 'profit', field)
  const total = profitOf(sums.retail, sums.cost)
  return {
    labor: lines.map((line, i) => renderLine(line, context, ro.id, i)),
    laborProfit: { hours: sums.laborHours, ...profitOf(sums.labor, sums.laborCost) },
    totalProfit: { ...total, retail: n(sums.retail, 'retail'), cost: n(sums.cost, 'cost') },
  }
}

const renderLine = (
  line: SimLabor,
  { state, style }: RenderContext,
  ...keys: readonly (string | number)[]
): Json => {
  const cost = laborCost(line, state.costs)
  const person = line.technicianId === null ? undefined : state.employees.get(line.technicianId)
  return {
    ...(line.id !== null && chanceOf(0.3, ...keys, 'laborId') ? { laborId: line.id } : {}),
    name: line.name,
    hours: style.n(line.hours, ...keys, 'profit-hours'),
    rate: style.n(line.rate, ...keys, 'profit-rate'),
    ...profitOf(line.total, cost),
    jobTechnician: person
      ? { accountFullName: `${person.firstName} ${person.lastName}`, hourlyRate: person.hourlyRate }
      : null,
  }
}

export interface ReportSums {
  laborProfit: number
  partsTotalProfit: number
  subletProfit: number
  feesProfit: number
  totalProfit: number
}

/** Profit parts of one posted RO; discounts are subtracted from the total only (U9). */
export const reportSums = (
  ro: SimRepairOrder,
  { state }: RenderContext,
): ReportSums & { netSales: number } => {
  const profit = profitSums(ro, state.costs)
  const sums = repairOrderSums(ro, state.costs)
  const parts = {
    laborProfit: profit.labor - profit.laborCost,
    partsTotalProfit: profit.parts - profit.partsCost,
    subletProfit: profit.sublets - profit.subletsCost,
    feesProfit: sums.feesTotal,
  }
  const gross = parts.laborProfit + parts.partsTotalProfit + parts.subletProfit + parts.feesProfit
  return {
    ...parts,
    totalProfit: gross - sums.discountTotal,
    netSales: profit.retail + sums.feesTotal - sums.discountTotal,
  }
}

/** A row of profit-details-report: `repairOrderId`, and neither status nor `updatedDate`. */
export const renderReportRow = (ro: SimRepairOrder, context: RenderContext): Json => {
  const { netSales, ...sums } = reportSums(ro, context)
  const n = (value: number | null, field: string) => context.style.n(value, ro.id, 'report', field)
  return {
    repairOrderId: n(ro.id, 'id'),
    repairOrderNumber: ro.number,
    customerId: n(ro.customerId, 'customer'),
    vehicleId: n(ro.vehicleId, 'vehicle'),
    serviceWriterId: n(ro.serviceWriterId, 'writer'),
    postedDate: ro.postedDate,
    ...sums,
    totalProfitMargin: margin(sums.totalProfit, netSales),
  }
}
