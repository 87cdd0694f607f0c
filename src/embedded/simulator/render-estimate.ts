// `GET /api/repair-order/{ro}/estimate` (spec §4.4): jobs, lines and the RO's money, with TM's uneven shapes. The
// shapes vary by RO and line, never the meaning: every variant leads to the same cents.
import type { SimFee, SimJob, SimLabor, SimPart, SimRepairOrder, SimSublet } from './model.ts'
import { jobSums, repairOrderSums } from './money.ts'
import type { JobSums, RepairOrderSums } from './money.ts'
import { chanceOf } from './random.ts'
import { carOf, personOf, vehicleDescription, writerOf } from './render-repair-order.ts'
import type { RenderContext } from './render-repair-order.ts'
import { emptyList } from './tm-json.ts'
import type { NumberStyle } from './tm-json.ts'

type Json = Record<string, unknown>

export interface EstimateContext extends RenderContext {
  /** Job sublets appear again, with the same id, in the RO's list. */
  readonly repeatsSublets: boolean
}

/** Ratio with four digits; "NaN" where there is nothing to divide by. */
const ratio = (part: number, whole: number): number | 'NaN' =>
  whole === 0 ? 'NaN' : Math.round((part / whole) * 10_000) / 10_000

export const renderEstimate = (ro: SimRepairOrder, context: EstimateContext): Json => {
  const { state, style } = context
  const sums = repairOrderSums(ro, state.costs)
  const customer = personOf(ro, state)
  const vehicle = carOf(ro, state)
  const writer = writerOf(ro, state)
  const jobs = ro.jobs.map((job) => renderJob(job, ro, context))
  return {
    id: style.n(ro.id, ro.id, 'estimate-id'),
    repairOrderNumber: ro.number,
    total: style.n(sums.total, ro.id, 'total'),
    subtotal: null,
    tax: null,
    taxes: style.n(sums.taxes, ro.id, 'taxes'),
    taxRate: ro.taxRate,
    authorizedTotal: style.n(sums.authorizedTotal, ro.id, 'authorized'),
    ...renderDiscounts(ro, sums, style),
    ...renderFees(ro, sums, style),
    ...renderOwnSublets(ro, context),
    balanceDue: style.n(sums.authorizedTotal - ro.amountPaid, ro.id, 'estimate-due'),
    customer: customer ? { firstName: customer.firstName, lastName: customer.lastName } : null,
    vehicle: vehicle ? { year: vehicle.year, make: vehicle.make, model: vehicle.model } : null,
    serviceWriter: writer ? { firstName: writer.firstName, lastName: writer.lastName } : null,
    ...(chanceOf(0.04, ro.id, 'repairOrderJobs') ? { repairOrderJobs: jobs } : { jobs }),
  }
}

/** The RO's own discount; its key is left out only where `discountTotal` still tells it (metrics.md). */
const renderDiscounts = (ro: SimRepairOrder, sums: RepairOrderSums, style: NumberStyle): Json => {
  const ofAllJobs = ro.jobs.flatMap((job) => job.discounts).reduce((total, item) => total + item.total, 0)
  const isDerivable = sums.discountTotal - ofAllJobs === sums.roDiscount
  return {
    ...(isDerivable && chanceOf(0.12, ro.id, 'no-discount')
      ? {}
      : { discount: style.n(sums.roDiscount, ro.id, 'discount') }),
    discountTotal: style.n(sums.discountTotal, ro.id, 'discounts'),
  }
}

const renderFees = (ro: SimRepairOrder, sums: RepairOrderSums, style: NumberStyle): Json => {
  const ofAllJobs = ro.jobs.flatMap((job) => job.fees).reduce((total, fee) => total + fee.total, 0)
  const isDerivable = sums.feesTotal - ofAllJobs === sums.roFees
  const total = (pattern: RegExp): number =>
    ro.fees.filter((fee) => pattern.test(fee.name)).reduce((all, fee) => all + fee.total, 0)
  const data = ro.fees.map((fee, i) => renderFee(fee, style, ro.id, i))
  return {
    feesTotal: style.n(sums.feesTotal, ro.id, 'fees'),
    shopSuppliesTotal: style.n(total(/supplies/i), ro.id, 'supplies'),
    epaTotal: style.n(total(/haz/i), ro.id, 'epa'),
    ...(isDerivable && chanceOf(0.1, ro.id, 'no-fees')
      ? chanceOf(0.5, ro.id, 'null-fees')
        ? { fees: null }
        : {}
      : { fees: { data } }),
  }
}

const renderFee = (fee: SimFee, style: NumberStyle, ...keys: readonly (string | number)[]): Json => ({
  name: fee.name,
  percentage: fee.percentage,
  amount: style.n(fee.amount, ...keys, 'amount'),
  cap: fee.cap,
  taxable: fee.taxable,
  total: style.n(fee.total, ...keys, 'fee-total'),
})

const renderOwnSublets = (ro: SimRepairOrder, context: EstimateContext): Json => {
  const own = ro.sublets.map((sublet) => renderOwnSublet(sublet, context.style))
  const repeated = context.repeatsSublets
    ? ro.jobs.flatMap((job) => job.sublets.map((sublet) => renderSublet(sublet, context.style)))
    : []
  if (own.length + repeated.length > 0) return { sublets: [...own, ...repeated] }
  return { sublets: emptyList(ro.id, 'sublets') }
}

/** An RO-level sublet: amounts as the job-level ones, or as items with prices like the public API. */
const renderOwnSublet = (sublet: SimSublet, style: NumberStyle): Json => ({
  ...renderSublet(sublet, style),
  ...(chanceOf(0.5, sublet.id, 'items')
    ? {
        price: style.n(sublet.retail, sublet.id, 'price'),
        items: [
          {
            id: sublet.id * 10 + 1,
            name: sublet.name,
            cost: sublet.cost,
            price: sublet.retail,
            complete: true,
          },
        ],
      }
    : {}),
  authorized: sublet.authorized,
  authorizedDate: sublet.authorizedDate,
  selected: true,
})

const renderSublet = (sublet: SimSublet, style: NumberStyle): Json => ({
  id: sublet.id,
  name: sublet.name,
  description: null,
  ...(chanceOf(0.5, sublet.id, 'vendor')
    ? { vendor: sublet.vendorName === null ? null : { name: sublet.vendorName } }
    : { vendorName: sublet.vendorName }),
  cost: style.n(sublet.cost, sublet.id, 'cost'),
  retail: style.n(sublet.retail, sublet.id, 'retail'),
  invoiceNumber: null,
  poNumber: null,
})

/** Both spellings of the subtotal exist, and sometimes neither has a value. */
const renderSubtotal = (job: SimJob, sums: JobSums, style: NumberStyle): Json => {
  if (chanceOf(0.15, job.id, 'no-subtotal')) return { subTotal: null }
  const value = style.n(sums.subtotal, job.id, 'subtotal')
  return chanceOf(0.3, job.id, 'spelling') ? { subtotal: value } : { subTotal: value }
}

const renderJob = (job: SimJob, ro: SimRepairOrder, context: EstimateContext): Json => {
  const { state, style } = context
  const sums = jobSums(job, state.costs)
  const profit = sums.subtotal - sums.partsCost - sums.laborCost - sums.subletsCost
  const n = (value: number, field: string) => style.n(value, job.id, field)
  return {
    id: n(job.id, 'id'),
    repairOrderId: ro.id,
    repairOrderNumber: ro.number,
    repairOrderVehicleDescription: vehicleDescription(carOf(ro, state)),
    name: job.name,
    description: job.description,
    note: job.note,
    status: job.authorized === null ? 'Pending' : job.authorized ? 'Approved' : 'Declined',
    authorized: job.authorized,
    authorizedDate: job.authorizedDate,
    declined: job.declined,
    selected: job.selected,
    archived: chanceOf(0.1, job.id, 'archived') && !job.archived ? null : job.archived,
    authorizedTotal: n(job.authorized === true ? sums.total : 0, 'authorized-total'),
    total: n(sums.total, 'total'),
    ...renderSubtotal(job, sums, style),
    discount: n(sums.discount, 'discount'),
    tax: chanceOf(0.03, job.id, 'no-tax') ? null : n(sums.tax, 'tax'),
    partsTaxTotal: n(sums.tax, 'parts-tax'),
    laborTaxTotal: 0,
    feesTaxTotal: 0,
    partsPrice: n(sums.parts, 'parts'),
    partsCost: n(sums.partsCost, 'parts-cost'),
    laborPrice: n(sums.labor, 'labor'),
    ...(chanceOf(0.2, job.id, 'laborTime')
      ? { laborTime: sums.laborHours }
      : { laborHours: sums.laborHours }),
    subletPrice: n(sums.sublets, 'sublets'),
    subletCost: n(sums.subletsCost, 'sublets-cost'),
    feePrice: n(sums.fees, 'fees'),
    grossProfitAmount: n(profit, 'profit'),
    grossProfitPercentage: ratio(profit, sums.subtotal),
    grossProfitPerHour: sums.laborHours === 0 ? null : Math.round(profit / sums.laborHours),
    jobCategory: job.category === null ? null : { id: 12, name: job.category },
    cannedJobId: null,
    sortOrder: job.sortOrder,
    technician: null,
    ...renderLines(job, context),
  }
}

const renderLines = (job: SimJob, { state, style }: EstimateContext): Json => ({
  parts:
    job.parts.length === 0
      ? emptyList(job.id, 'parts')
      : job.parts.map((part, i) => renderPart(part, style, job.id, i)),
  labor:
    job.labor.length === 0
      ? emptyList(job.id, 'labor')
      : job.labor.map((line, i) => renderLabor(line, { state, style }, job.id, i)),
  fees:
    job.fees.length === 0
      ? emptyList(job.id, 'fees')
      : job.fees.map((fee, i) => renderFee(fee, style, job.id, i)),
  discounts:
    job.discounts.length === 0
      ? emptyList(job.id, 'discounts')
      : job.discounts.map((item) =>
          chanceOf(0.2, job.id, 'amount') ? { name: item.name, amount: item.total } : { ...item },
        ),
  sublets:
    job.sublets.length === 0
      ? emptyList(job.id, 'sublets')
      : job.sublets.map((sublet) => renderSublet(sublet, style)),
})

/** Lines without an id leave the key out or send null. */
const lineId = (id: number | null, style: NumberStyle, ...keys: readonly (string | number)[]): Json => {
  if (id !== null) return { id: style.n(id, id) }
  return chanceOf(0.5, ...keys, 'id') ? { id: null } : {}
}

const renderPart = (part: SimPart, style: NumberStyle, ...keys: readonly (string | number)[]): Json => ({
  ...lineId(part.id, style, ...keys),
  partType: chanceOf(0.1, ...keys, 'type') ? null : { id: part.typeId, code: part.typeCode },
  name: part.name,
  brand: part.brand,
  partNumber: part.partNumber,
  description: part.description,
  quantity: style.n(part.quantity, ...keys, 'quantity'),
  cost: style.n(part.cost, ...keys, 'cost'),
  retail: style.n(part.retail, ...keys, 'retail'),
  total: style.n(part.total, ...keys, 'total'),
  coreCharge: style.n(0, ...keys, 'core'),
  ...(part.vendorId !== null && chanceOf(0.2, ...keys, 'vendor')
    ? { vendor: { id: part.vendorId, name: part.vendorName } }
    : { vendorId: style.n(part.vendorId, ...keys, 'vendor-id'), vendorName: part.vendorName }),
  ordered: false,
  received: false,
  backordered: null,
})

const renderLabor = (
  line: SimLabor,
  { state, style }: RenderContext,
  ...keys: readonly (string | number)[]
): Json => {
  const person = line.technicianId === null ? undefined : state.employees.get(line.technicianId)
  return {
    ...lineId(line.id, style, ...keys, 'labor'),
    name: line.name,
    hours: style.n(line.hours, ...keys, 'hours'),
    rate: style.n(line.rate, ...keys, 'rate'),
    total: style.n(line.total, ...keys, 'labor-total'),
    complete: line.complete,
    laborType: null,
    skillLevel: null,
    technician: person
      ? {
          id: style.n(person.id, ...keys, 'tech'),
          firstName: person.firstName,
          lastName: person.lastName,
          fullName: `${person.firstName} ${person.lastName}`,
          // Flat-rate and salaried people have no hourly rate here; TM then reckons with the shop's average.
          ...(person.hourlyRate === null
            ? chanceOf(0.5, person.id, 'null-rate')
              ? { hourlyRate: null }
              : {}
            : { hourlyRate: style.n(person.hourlyRate, ...keys, 'tech-rate') }),
        }
      : null,
  }
}
