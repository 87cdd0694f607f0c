// What every table must hold for a state of the simulator: rows by a readable key, one map per table.
import type { SimJob, SimRepairOrder, Truth } from '../../../src/embedded/simulator/model.ts'
import type { Row, Value } from './columns.ts'
import { decimal, percent, sum, timesCents } from './exact.ts'
import { expectedDays } from './expected-days.ts'
import { expectedPeople } from './expected-people.ts'
import { int, micros, text } from './expected-values.ts'
import { figuresOf, jobTotal, type Figures } from './figures.ts'
import {
  countedOn,
  laborCents,
  localDay,
  sourceShops,
  statusCode,
  type RateOnLine,
  type SourceShop,
} from './source.ts'
import { emptyTables, roKey, summedFigures, type Counted, type Tables } from './tables.ts'

export interface Expected {
  readonly tables: Tables
  /** Keys of `repair_orders` that may be absent: saved for later or deleted before anybody listed them. */
  readonly mayBeAbsent: ReadonlySet<string>
  /** Keys of ROs whose payments no listing shows: `amount_paid` and `balance_due` may be older. */
  readonly silentlyPaid: ReadonlySet<string>
}

const exact = (value: number | null): bigint | null => (value === null ? null : decimal(value))

/**
 * @param rateOnLine see source.ts
 * @param profitMissing ROs (TM ids) whose `/profit/labor` answered 404
 */
export const expectedTables = (
  truth: Truth,
  rateOnLine: RateOnLine,
  profitMissing: ReadonlySet<number> = new Set(),
): Expected => {
  const tables = emptyTables()
  const shops = sourceShops(truth, rateOnLine)
  const counted: Counted[] = []
  const mayBeAbsent = new Set<string>()
  const silentlyPaid = new Set<string>()
  for (const ro of truth.repairOrders) {
    const shop = shops.get(ro.shopTmId)
    if (shop === undefined) throw new Error(`RO ${ro.number} belongs to no shop`)
    const figures = figuresOf(ro, shop, profitMissing.has(ro.id))
    const key = roKey(ro.shopTmId, ro.number)
    tables.repair_orders.set(key, repairOrderRow(ro, shop, figures))
    addLines(tables, key, ro, shop)
    if (ro.statusId === 4 || ro.statusId === 7) mayBeAbsent.add(key)
    if (ro.silentChanges.some(({ kind }) => kind === 'pay')) silentlyPaid.add(key)
    const place = countedOn(ro, shop.timeZone)
    if (place === null) continue
    counted.push({ ro, shop, figures, ...place })
    tables.ro_snapshots.set(`${key} ${place.trigger} on ${place.date}`, snapshotRow(ro, figures))
  }
  expectedDays(tables, counted)
  expectedPeople(tables, truth)
  return { tables, mayBeAbsent, silentlyPaid }
}

const repairOrderRow = (ro: SimRepairOrder, shop: SourceShop, figures: Figures): Row => {
  const { authorized, live, profit } = figures
  const reported = (value: bigint): bigint | null =>
    figures.hasAuthorized && figures.method === 'TRUE_GP' ? value : null
  const isClosed = ro.statusId === 5 || ro.statusId === 6
  const day = (instant: string | null, holds: boolean): string | null =>
    instant !== null && holds ? localDay(instant, shop.timeZone) : null
  return {
    ro_number: int(ro.number),
    status: statusCode(ro),
    status_id: int(ro.statusId),
    customer_tm_id: int(ro.customerId),
    vehicle_tm_id: int(ro.vehicleId),
    service_advisor_tm_id: int(ro.serviceWriterId),
    created_date: micros(ro.createdDate),
    updated_date: micros(ro.updatedDate),
    promised_date: micros(ro.promisedDate),
    dropped_off_date: micros(ro.droppedOffDate),
    picked_up_date: micros(ro.pickedUpDate),
    posted_date: day(ro.postedDate, isClosed),
    completed_date: day(ro.completedDate, isClosed || ro.statusId === 3),
    potential_total: figures.potentialTotal,
    authorized_total: figures.authorizedTotal,
    potential_job_count: figures.liveJobCount,
    authorized_job_count: figures.jobCount,
    potential_parts: live.parts.revenue,
    potential_labor: live.labor.revenue,
    potential_sublet: live.sublets.revenue,
    authorized_parts: authorized.parts.revenue,
    authorized_labor: authorized.labor.revenue,
    authorized_sublet: authorized.sublets.revenue,
    authorized_fees: figures.fees,
    authorized_discount: figures.discount,
    authorized_tax: figures.tax,
    authorized_revenue: reported(profit.revenue),
    authorized_cost: reported(profit.cost),
    authorized_profit: reported(profit.revenue - profit.cost),
    authorized_gp_percent:
      reported(0n) === null ? null : percent(profit.revenue - profit.cost, profit.revenue),
    tm_reported_gp_percent: profit.margin,
    authorized_labor_hours: authorized.labor.hours,
    amount_paid: int(ro.amountPaid),
    balance_due: figures.authorizedTotal - BigInt(ro.amountPaid),
    miles_in: exact(ro.milesIn),
    miles_out: exact(ro.milesOut),
    notes: text(ro.notes),
  }
}

const snapshotRow = (ro: SimRepairOrder, figures: Figures): Row => ({
  ...summedFigures(figures),
  ro_number: int(ro.number),
  ro_status: statusCode(ro),
  service_advisor_tm_id: int(ro.serviceWriterId),
  calculation_method: figures.method,
  authorized_gp_percent: percent(figures.profit.revenue - figures.profit.cost, figures.profit.revenue),
  tm_reported_gp_percent: figures.profit.margin,
  variance_percent: figures.variance,
  variance_reason: figures.varianceReason,
})

const addLines = (tables: Tables, key: string, ro: SimRepairOrder, shop: SourceShop): void => {
  for (const job of ro.jobs) {
    const jobKey = `${key} job ${job.id}`
    tables.jobs.set(jobKey, jobRow(job))
    job.parts.forEach((part, i) => tables.job_parts.set(`${jobKey} line ${i + 1}`, partRow(part)))
    job.labor.forEach((line, i) => tables.job_labor.set(`${jobKey} line ${i + 1}`, laborRow(line, shop)))
    job.sublets.forEach((sublet, i) =>
      tables.job_sublets.set(`${jobKey} line ${i + 1}`, subletRow({ ...sublet, authorized: null })),
    )
    job.fees.forEach((fee, i) => tables.job_fees.set(`${jobKey} line ${i + 1}`, feeRow(fee)))
  }
  ro.sublets.forEach((sublet, i) => tables.job_sublets.set(`${key} line ${i + 1}`, subletRow(sublet)))
  ro.fees.forEach((fee, i) => tables.job_fees.set(`${key} line ${i + 1}`, feeRow(fee)))
}

const jobRow = (job: SimJob): Row => ({
  name: text(job.name),
  description: text(job.description),
  note: text(job.note),
  category: text(job.category),
  authorized: job.authorized,
  declined: job.declined,
  selected: job.selected,
  archived: job.archived,
  authorized_date: micros(job.authorizedDate),
  sort_order: int(job.sortOrder),
  total: jobTotal(job),
  discount: sum(job.discounts, (discount) => BigInt(discount.total)),
  tax: int(job.tax),
  parts_total: sum(job.parts, (part) => BigInt(part.total)),
  parts_cost: sum(job.parts, (part) => timesCents(decimal(part.quantity), BigInt(part.cost))),
  labor_total: sum(job.labor, (line) => BigInt(line.total)),
  labor_hours: sum(job.labor, (line) => decimal(line.hours)),
})

const partRow = (part: SimJob['parts'][number]): Row => ({
  tm_id: int(part.id),
  name: text(part.name),
  brand: text(part.brand),
  part_number: text(part.partNumber),
  description: text(part.description),
  vendor_name: text(part.vendorName),
  quantity: exact(part.quantity),
  cost: int(part.cost),
  retail: int(part.retail),
  total: int(part.total),
  vendor_tm_id: int(part.vendorId),
})

const laborRow = (line: SimJob['labor'][number], shop: SourceShop): Row => {
  const { cents, source } = shop.hourCost(line)
  return {
    tm_id: int(line.id),
    name: text(line.name),
    hours: exact(line.hours),
    rate: int(line.rate),
    total: int(line.total),
    technician_tm_id: int(line.technicianId),
    tech_hourly_cost: cents,
    labor_cost: laborCents(line, cents),
    complete: line.complete,
    rate_source: source,
  }
}

const subletRow = (sublet: SimRepairOrder['sublets'][number]): Row => ({
  tm_id: int(sublet.id),
  name: text(sublet.name),
  vendor_name: text(sublet.vendorName),
  cost: int(sublet.cost),
  retail: int(sublet.retail),
  authorized: sublet.authorized,
})

/** Fee kinds of the names the simulator uses, trimmed and case-folded. */
const FEE_TYPES: Readonly<Record<string, Value>> = {
  'shop supplies': 'shop_supplies',
  'haz mat': 'hazmat',
  'tire disposal': 'disposal',
  'battery core fee': 'other',
}

const feeRow = (fee: SimRepairOrder['fees'][number]): Row => ({
  name: text(fee.name),
  fee_type: FEE_TYPES[fee.name.trim().toLowerCase()] ?? 'other',
  amount: int(fee.amount),
  cap: int(fee.cap),
  total: int(fee.total),
  percentage: exact(fee.percentage),
  taxable: fee.taxable,
})
