// The arithmetic of TM (tekmetric-api.md §7): every amount in integer cents, rounding half up, decimals handled as
// whole thousandths so that 5.5 × 899 or 2.65 × 3560 never meets binary fractions.
import type { SimEmployee, SimJob, SimLabor, SimPart, SimRepairOrder, SimShop, SimSublet } from './model.ts'

/** round-half-up(decimal × cents); the decimal may have up to three places. */
export const times = (decimal: number, cents: number): number =>
  Math.floor((Math.round(decimal * 1000) * cents + 500) / 1000)

const sum = <T>(list: readonly T[], value: (item: T) => number): number =>
  list.reduce((total, item) => total + value(item), 0)

const tax = (taxRate: number, cents: number): number =>
  Math.floor((Math.round(taxRate * 1_000_000) * cents + 500_000) / 1_000_000)

/** Hours added up without binary dust. */
export const sumHours = (labor: readonly SimLabor[]): number =>
  sum(labor, (line) => Math.round(line.hours * 1000)) / 1000

/** Archived work that nobody ever approved is out of every total. */
export const isLive = (job: SimJob): boolean => !job.archived || job.authorized === true

/** Looks up what an hour of a technician costs; `average` is the shop's fallback, cents per hour. */
export interface LaborCosts {
  employee(id: number): SimEmployee | undefined
  average: number | null
}

export const laborCost = (line: SimLabor, costs: LaborCosts): number => {
  const assigned = line.technicianId === null ? undefined : costs.employee(line.technicianId)
  return times(line.hours, assigned?.hourlyRate ?? costs.average ?? 0)
}

/** Mean rate of active people who perform work and have a rate, rounded to a cent; null when there is none. */
export const averageTechnicianRate = (employees: Iterable<SimEmployee>): number | null => {
  let total = 0
  let count = 0
  for (const person of employees) {
    if (!person.active || !person.listed || !person.canPerformWork || person.hourlyRate === null) continue
    total += person.hourlyRate
    count += 1
  }
  return count === 0 ? null : Math.floor(total / count + 0.5)
}

export interface JobSums {
  parts: number
  partsCost: number
  labor: number
  laborCost: number
  laborHours: number
  sublets: number
  subletsCost: number
  fees: number
  discount: number
  /** parts + labor + sublets + fees − discount, without tax. */
  subtotal: number
  tax: number
  total: number
}

export const partCost = (part: SimPart): number => times(part.quantity, part.cost)

export const jobSums = (job: SimJob, costs: LaborCosts): JobSums => {
  const parts = sum(job.parts, (part) => part.total)
  const labor = sum(job.labor, (line) => line.total)
  const sublets = sum(job.sublets, (sublet) => sublet.retail)
  const fees = sum(job.fees, (fee) => fee.total)
  const discount = sum(job.discounts, (item) => item.total)
  const subtotal = parts + labor + sublets + fees - discount
  return {
    parts,
    partsCost: sum(job.parts, partCost),
    labor,
    laborCost: sum(job.labor, (line) => laborCost(line, costs)),
    laborHours: sumHours(job.labor),
    sublets,
    subletsCost: sum(job.sublets, (sublet) => sublet.cost),
    fees,
    discount,
    subtotal,
    tax: job.tax,
    total: subtotal + job.tax,
  }
}

export interface RepairOrderSums {
  /** All live jobs with RO-level sublets, fees and discount, with tax. */
  total: number
  /** Authorized jobs with authorized RO-level sublets, RO-level fees and discount, with tax; 0 when none is. */
  authorizedTotal: number
  taxes: number
  /** RO-level fees plus fees of the jobs that count in this status. */
  feesTotal: number
  /** RO-level discount plus discounts of the jobs that count in this status. */
  discountTotal: number
  roFees: number
  roDiscount: number
  authorizedSubtotal: number
  authorizedTax: number
}

/** Which jobs TM counts as the sales of an RO (spec §7): by status. */
export const countsInStatus = (ro: SimRepairOrder, job: SimJob): boolean => {
  if (!isLive(job)) return false
  if (ro.statusId === 5 || ro.statusId === 6) return job.authorized === true
  if (ro.statusId === 2 || ro.statusId === 3) return job.authorized !== false
  return true
}

const isAuthorized = (item: SimJob | SimSublet): boolean => item.authorized === true

export const repairOrderSums = (ro: SimRepairOrder, costs: LaborCosts): RepairOrderSums => {
  const sums = new Map(ro.jobs.map((job) => [job, jobSums(job, costs)]))
  const over = (jobs: readonly SimJob[], key: keyof JobSums): number =>
    sum(jobs, (j) => sums.get(j)?.[key] ?? 0)
  const live = ro.jobs.filter(isLive)
  const authorized = ro.jobs.filter(isAuthorized)
  const counted = ro.jobs.filter((job) => countsInStatus(ro, job))
  const roFees = sum(ro.fees, (fee) => fee.total)
  const roDiscount = sum(ro.discounts, (item) => item.total)
  const authorizedSublets = sum(ro.sublets.filter(isAuthorized), (sublet) => sublet.retail)
  const some = authorized.length > 0
  return {
    total: over(live, 'total') + sum(ro.sublets, (sublet) => sublet.retail) + roFees - roDiscount,
    authorizedTotal: some ? over(authorized, 'total') + authorizedSublets + roFees - roDiscount : 0,
    taxes: over(live, 'tax'),
    feesTotal: roFees + over(counted, 'fees'),
    discountTotal: roDiscount + over(counted, 'discount'),
    roFees,
    roDiscount,
    authorizedSubtotal: over(authorized, 'subtotal') + authorizedSublets + (some ? roFees - roDiscount : 0),
    authorizedTax: over(authorized, 'tax'),
  }
}

export interface ProfitSums {
  laborHours: number
  labor: number
  laborCost: number
  parts: number
  partsCost: number
  sublets: number
  subletsCost: number
  /** parts + labor + sublets of authorized work: before discounts and fees, without tax. */
  retail: number
  cost: number
}

/** What `/profit/labor` reports: authorized work only. */
export const profitSums = (ro: SimRepairOrder, costs: LaborCosts): ProfitSums => {
  const jobs = ro.jobs.filter(isAuthorized).map((job) => jobSums(job, costs))
  const ownSublets = ro.sublets.filter(isAuthorized)
  const labor = sum(jobs, (job) => job.labor)
  const parts = sum(jobs, (job) => job.parts)
  const laborCostTotal = sum(jobs, (job) => job.laborCost)
  const partsCost = sum(jobs, (job) => job.partsCost)
  const sublets = sum(jobs, (job) => job.sublets) + sum(ownSublets, (sublet) => sublet.retail)
  const subletsCost = sum(jobs, (job) => job.subletsCost) + sum(ownSublets, (sublet) => sublet.cost)
  return {
    laborHours: sumHours(ro.jobs.filter(isAuthorized).flatMap((job) => job.labor)),
    labor,
    laborCost: laborCostTotal,
    parts,
    partsCost,
    sublets,
    subletsCost,
    retail: labor + parts + sublets,
    cost: laborCostTotal + partsCost + subletsCost,
  }
}

/** Brings line totals, job taxes and percentage fees in line with quantities, hours, rates and decisions. */
export const recalculate = (ro: SimRepairOrder, shop: SimShop): void => {
  for (const job of ro.jobs) {
    for (const part of job.parts) part.total = times(part.quantity, part.retail)
    for (const line of job.labor) line.total = times(line.hours, line.rate)
    const parts = sum(job.parts, (part) => part.total)
    job.tax = tax(ro.taxRate, parts)
  }
  const authorized = ro.jobs.filter(isAuthorized)
  const base = authorized.length > 0 ? authorized : ro.jobs.filter(isLive)
  const labor = sum(base, (job) => sum(job.labor, (line) => line.total))
  for (const fee of ro.fees) {
    if (fee.percentage === 0) continue
    const raw = fee.amount + times(fee.percentage / 100, labor)
    fee.total = fee.cap === null ? raw : Math.min(raw, fee.cap)
  }
  if (ro.laborRate === 0) ro.laborRate = shop.laborRate
}
