// The figures of one RO by metrics.md, "An RO", from the simulator's jobs and lines. Cents, millionths of hours.
import type { SimJob, SimLabor, SimRepairOrder } from '../../../src/embedded/simulator/model.ts'
import { decimal, divide, millionths, percent, sum, timesCents } from './exact.ts'
import { laborCents, type RateSource, type SourceShop } from './source.ts'

export interface TechnicianShare {
  readonly technician: number
  readonly hours: bigint
  readonly revenue: bigint
  readonly cost: bigint
  readonly estimatedCost: bigint
  readonly jobs: bigint
  readonly sources: Readonly<Record<RateSource, bigint>>
}

/** Revenue and cost of a set of lines. */
interface Money {
  readonly revenue: bigint
  readonly cost: bigint
}

interface Work {
  readonly parts: Money
  readonly labor: Money & {
    readonly hours: bigint
    readonly estimated: bigint
    readonly isEstimated: boolean
  }
  readonly sublets: Money
}

export const isLive = (job: SimJob): boolean => job.authorized === true || !job.archived

const partsOf = (jobs: readonly SimJob[]): Money => ({
  revenue: sum(jobs, (job) => sum(job.parts, (part) => BigInt(part.total))),
  cost: sum(jobs, (job) => sum(job.parts, (part) => timesCents(decimal(part.quantity), BigInt(part.cost)))),
})

const laborOf = (lines: readonly SimLabor[], shop: SourceShop): Work['labor'] => ({
  revenue: sum(lines, (line) => BigInt(line.total)),
  hours: sum(lines, (line) => decimal(line.hours)),
  cost: sum(lines, (line) => laborCents(line, shop.hourCost(line).cents)),
  estimated: sum(lines, (line) =>
    shop.hourCost(line).source === 'assigned' ? 0n : laborCents(line, shop.hourCost(line).cents),
  ),
  isEstimated: lines.some((line) => shop.hourCost(line).source !== 'assigned'),
})

const lines = (jobs: readonly SimJob[]): SimLabor[] => jobs.flatMap((job) => job.labor)

/** A set of jobs together with the RO-level sublets that go with them. */
const workOf = (jobs: readonly SimJob[], own: SimRepairOrder['sublets'], shop: SourceShop): Work => {
  const sublets = [...jobs.flatMap((job) => job.sublets), ...own]
  return {
    parts: partsOf(jobs),
    labor: laborOf(lines(jobs), shop),
    sublets: {
      revenue: sum(sublets, (sublet) => BigInt(sublet.retail)),
      cost: sum(sublets, (sublet) => BigInt(sublet.cost)),
    },
  }
}

const revenueOf = (work: Work): bigint => work.parts.revenue + work.labor.revenue + work.sublets.revenue
const costOf = (work: Work): bigint => work.parts.cost + work.labor.cost + work.sublets.cost

const discountsOf = (job: SimJob): bigint => sum(job.discounts, (discount) => BigInt(discount.total))
const feesOf = (job: SimJob): bigint => sum(job.fees, (fee) => BigInt(fee.total))

/** A job as TM totals it: lines, sublets and fees less discount, plus tax. */
export const jobTotal = (job: SimJob): bigint =>
  sum(job.parts, (part) => BigInt(part.total)) +
  sum(job.labor, (line) => BigInt(line.total)) +
  sum(job.sublets, (sublet) => BigInt(sublet.retail)) +
  feesOf(job) -
  discountsOf(job) +
  BigInt(job.tax)

export interface Figures {
  readonly authorized: Work
  readonly live: Work
  readonly method: 'TRUE_GP' | 'LINE_ITEMS'
  /** What `/profit/labor` says, or the lines where it answers 404; all zero when nothing is authorized. */
  readonly profit: { readonly revenue: bigint; readonly cost: bigint; readonly margin: bigint | null }
  readonly hasAuthorized: boolean
  readonly jobCount: bigint
  readonly liveJobCount: bigint
  readonly fees: bigint
  readonly discount: bigint
  readonly tax: bigint
  readonly netSales: bigint
  readonly netProfit: bigint
  readonly declined: bigint
  readonly pending: bigint
  readonly potentialTotal: bigint
  readonly authorizedTotal: bigint
  readonly variance: bigint | null
  readonly varianceReason: string | null
  readonly unassigned: { readonly hours: bigint; readonly revenue: bigint }
  readonly technicians: readonly TechnicianShare[]
}

const HALF_PERCENT = 50n

/** TM prints its margin with six decimals; the percentage in hundredths is rounded from those. */
const tmMargin = (profit: bigint, retail: bigint): bigint | null =>
  retail === 0n ? null : divide(divide(profit * millionths('1'), retail), 100n)

/** @param profitMissing TM has no `/profit/labor` for this RO: the lines stand in */
export const figuresOf = (ro: SimRepairOrder, shop: SourceShop, profitMissing: boolean): Figures => {
  const approved = ro.jobs.filter((job) => job.authorized === true)
  const some = approved.length > 0
  const ownApproved = ro.sublets.filter((sublet) => sublet.authorized === true)
  const authorized = workOf(approved, ownApproved, shop)
  const decided = (flag: false | null) =>
    revenueOf(
      workOf(
        ro.jobs.filter((job) => isLive(job) && job.authorized === flag),
        ro.sublets.filter((sublet) => sublet.authorized === flag),
        shop,
      ),
    )
  const tmLabor = sum(lines(approved), (line) => laborCents(line, shop.tmHourCost(line)))
  const method = profitMissing && some ? 'LINE_ITEMS' : 'TRUE_GP'
  const labor = method === 'LINE_ITEMS' ? authorized.labor.cost : tmLabor
  const tmCost = authorized.parts.cost + labor + authorized.sublets.cost
  const profit = { revenue: some ? revenueOf(authorized) : 0n, cost: some ? tmCost : 0n }
  const margin = some && method === 'TRUE_GP' ? tmMargin(profit.revenue - profit.cost, profit.revenue) : null
  const roFees = sum(ro.fees, (fee) => BigInt(fee.total))
  const roDiscount = sum(ro.discounts, (discount) => BigInt(discount.total))
  const fees = sum(approved, feesOf) + (some ? roFees : 0n)
  const discount = sum(approved, discountsOf) + roDiscount
  const netSales = revenueOf(authorized) + fees - discount
  const loose = lines(approved).filter((line) => line.technicianId === null)
  return {
    method,
    authorized,
    live: workOf(ro.jobs.filter(isLive), ro.sublets, shop),
    profit: { ...profit, margin },
    hasAuthorized: some,
    jobCount: BigInt(approved.length),
    liveJobCount: BigInt(ro.jobs.filter(isLive).length),
    fees,
    discount,
    tax: sum(approved, (job) => BigInt(job.tax)),
    netSales,
    netProfit: netSales - costOf(authorized),
    declined: decided(false),
    pending: decided(null),
    potentialTotal:
      sum(ro.jobs.filter(isLive), jobTotal) +
      sum(ro.sublets, (sublet) => BigInt(sublet.retail)) +
      roFees -
      roDiscount,
    authorizedTotal: some
      ? sum(approved, jobTotal) + sum(ownApproved, (sublet) => BigInt(sublet.retail)) + roFees - roDiscount
      : 0n,
    ...varianceOf({ authorized, profit, margin, method }),
    unassigned: {
      hours: sum(loose, (line) => decimal(line.hours)),
      revenue: sum(loose, (line) => BigInt(line.total)),
    },
    technicians: sharesOf(approved, shop),
  }
}

interface Compared {
  readonly method: Figures['method']
  readonly authorized: Work
  readonly profit: Money
  readonly margin: bigint | null
}

const varianceOf = ({ authorized, profit, margin, method }: Compared) => {
  const revenue = revenueOf(authorized)
  const byLines = percent(revenue - costOf(authorized), revenue)
  const variance = byLines === null || margin === null ? null : byLines - margin
  const isLarge = variance !== null && (variance > HALF_PERCENT || variance < -HALF_PERCENT)
  const reason = (): string | null => {
    if (method === 'LINE_ITEMS') return 'tm_profit_missing'
    if (profit.revenue <= 0n && profit.revenue - profit.cost < 0n) return 'negative_profit_possible_warranty'
    if (!isLarge) return null
    if (revenue !== profit.revenue) return 'retail_mismatch'
    return authorized.labor.isEstimated ? 'estimated_labor_rate' : 'cost_mismatch'
  }
  return { variance, varianceReason: reason() }
}

const sharesOf = (approved: readonly SimJob[], shop: SourceShop): TechnicianShare[] => {
  const worked = approved.flatMap((job) => job.labor.map((line) => ({ job, line })))
  const technicians = new Set(worked.flatMap(({ line }) => line.technicianId ?? []))
  return [...technicians].map((technician) => {
    const own = worked.filter(({ line }) => line.technicianId === technician)
    const count = (source: RateSource) =>
      BigInt(own.filter(({ line }) => shop.hourCost(line).source === source).length)
    return {
      technician,
      hours: sum(own, ({ line }) => decimal(line.hours)),
      revenue: sum(own, ({ line }) => BigInt(line.total)),
      cost: sum(own, ({ line }) => laborCents(line, shop.hourCost(line).cents)),
      estimatedCost: sum(
        own.filter(({ line }) => shop.hourCost(line).source !== 'assigned'),
        ({ line }) => laborCents(line, shop.hourCost(line).cents),
      ),
      jobs: BigInt(new Set(own.map(({ job }) => job.id)).size),
      sources: { assigned: count('assigned'), shop_avg: count('shop_avg'), default: count('default') },
    }
  })
}
