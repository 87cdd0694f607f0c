// One authoritative read of an RO → the bundle that `apply_repair_order` takes.
// The only place where TM's names become the warehouse's. Money is never computed here except a line total that TM
// left out; sums and metrics belong to SQL.
import { z } from 'zod'
import { UpstreamChanged } from '../errors.ts'
import type {
  CustomerFields,
  EmployeeMention,
  RepairOrderBundle,
  VehicleFields,
} from '../warehouse/bundle.ts'
import { contentHash } from './content-hash.ts'
import { asJobs, percentOf, withLineNumbers } from './normalize-jobs.ts'
import { personName } from './schema-lines.ts'
import { ESTIMATE_KEYS, estimateSchema, headerSchema, profitLaborSchema } from './schemas.ts'
import type { Estimate, Header, ProfitLabor } from './schemas.ts'
import { extraOf } from './scrub.ts'
import { sentStatus } from './statuses.ts'
import type { FoundRepairOrder } from './types.ts'
import { parseAnswer } from './parse-answer.ts'

const answerSchema = z.object({
  header: headerSchema,
  estimate: estimateSchema,
  profitLabor: profitLaborSchema.nullable(),
})

/**
 * @throws UpstreamChanged with `details.issues` = [{ path, message }] when an answer does not mean what we need:
 *   nothing of the RO may then be written
 */
export const normalizeRepairOrder = (read: FoundRepairOrder): RepairOrderBundle => {
  const { header, estimate, profitLabor } = parseAnswer(answerSchema, read, {
    shop: read.shopTmId,
    ro: read.ro,
  })
  refuseForeignAnswer(read, header, estimate)
  const { jobs, employees } = asJobs(estimate.jobs ?? [])
  const inJobs = new Set(jobs.flatMap((job) => job.sublets.flatMap(({ tm_id }) => tm_id ?? [])))
  const roLevel = estimate.sublets.filter(({ tm_id }) => tm_id === null || !inJobs.has(tm_id))
  const content = {
    repair_order: repairOrderOf({ read, header, estimate, profitLabor }),
    customer: customerOf(header, estimate),
    vehicle: vehicleOf(header, estimate),
    employees: uniqueEmployees([...advisorOf(header, estimate), ...employees]),
    jobs,
    sublets: withLineNumbers(uniqueById(roLevel)),
    fees: estimate.fees === null ? null : withLineNumbers(estimate.fees),
  }
  return { ...content, content_hash: contentHash(content), fetched_at: read.fetchedAt }
}

/** A token of the wrong shop may answer with another shop's RO; the ids inside the answers tell. */
const refuseForeignAnswer = (read: FoundRepairOrder, header: Header, estimate: Estimate): void => {
  const issues = [
    header.id === read.ro ? [] : { path: 'header.id', message: 'is another RO than asked for' },
    estimate.id === read.ro ? [] : { path: 'estimate.id', message: 'is another RO than asked for' },
    header.shopId === null || header.shopId === read.shopTmId
      ? []
      : { path: 'header.shopId', message: 'is another shop than asked for' },
    sentStatus(header) ? [] : { path: 'header.repairOrderStatus', message: 'is missing or unknown' },
    roNumberOf(header, estimate) === null ? { path: 'header.repairOrderNumber', message: 'is missing' } : [],
  ].flat()
  if (issues.length > 0)
    throw new UpstreamChanged('TM answered with something else than this RO', {
      details: { shop: read.shopTmId, ro: read.ro, issues },
    })
}

const roNumberOf = (header: Header, estimate: Estimate): number | null =>
  header.repairOrderNumber ?? header.roNumber ?? estimate.repairOrderNumber

/** TM's own GP, 2 decimals; "NaN" and absent are null, a true 0 stays 0. */
const profitOf = (profitLabor: ProfitLabor | null) => {
  const sums = profitLabor?.totalProfit ?? null
  const { retail = null, cost = null } = sums ?? {}
  return {
    authorized_revenue: retail,
    authorized_cost: cost,
    authorized_profit: sums?.profit ?? (retail === null || cost === null ? null : retail - cost),
    tm_reported_gp_percent: percentOf(sums?.margin ?? null),
    profit_labor_hours: profitLabor?.laborProfit?.hours ?? null,
  }
}

interface Parsed {
  readonly read: FoundRepairOrder
  readonly header: Header
  readonly estimate: Estimate
  readonly profitLabor: ProfitLabor | null
}

const repairOrderOf = ({
  read,
  header,
  estimate,
  profitLabor,
}: Parsed): RepairOrderBundle['repair_order'] => {
  const status = sentStatus(header) ?? { id: 0, code: '' }
  const advisor = header.serviceWriter ?? header.serviceAdvisor ?? estimate.serviceWriter ?? null
  // Asked for and not answered (404), or answered without its sums: the line items stand in (metrics.md).
  const profitUnknown = read.profitMissing || (profitLabor !== null && !profitLabor.totalProfit)
  return {
    tm_id: header.id,
    ro_number: roNumberOf(header, estimate) ?? 0,
    status: status.code,
    status_id: status.id,
    customer_tm_id: header.customer?.id ?? header.customerId ?? estimate.customer?.id ?? null,
    vehicle_tm_id: header.vehicle?.id ?? header.vehicleId ?? estimate.vehicle?.id ?? null,
    service_advisor_tm_id: advisor?.id ?? header.serviceWriterId ?? header.serviceAdvisorId,
    service_advisor_name: personName(advisor),
    customer_name: personName(header.customer) ?? personName(estimate.customer),
    vehicle_description: describeVehicle(header.vehicle) ?? describeVehicle(estimate.vehicle),
    created_date: header.createdDate,
    updated_date: header.updatedDate,
    promised_date: header.promisedDate,
    dropped_off_date: header.droppedOffDate,
    picked_up_date: header.pickedUpDate,
    posted_at: header.postedDate,
    completed_at: header.completedDate,
    deleted_at: header.deletedDate,
    ...moneyOf(estimate),
    ...profitOf(profitLabor),
    calculation_method: profitUnknown ? 'LINE_ITEMS' : 'TRUE_GP',
    amount_paid: header.amountPaid,
    balance_due: header.balanceDue ?? estimate.balanceDue,
    miles_in: header.milesIn,
    miles_out: header.milesOut,
    label: header.repairOrderLabel.name ?? header.repairOrderLabel.code,
    notes: header.notes,
    tm_extra: repairOrderExtra(header, estimate),
  }
}

const moneyOf = (estimate: Estimate) => ({
  potential_total: estimate.total,
  potential_subtotal: estimate.subtotal ?? estimate.subTotal,
  potential_tax: estimate.taxes ?? estimate.tax,
  potential_discount: estimate.discountTotal ?? estimate.discount,
  authorized_total: estimate.authorizedTotal,
  fees_total: estimate.feesTotal,
  ro_discount: estimate.discount,
  discount_total: estimate.discountTotal,
  shop_supplies_total: estimate.shopSuppliesTotal,
  epa_total: estimate.epaTotal,
})

/** `jobs` is null on a header; `defaultTechnician` repeats `defaultTechnicianId` with names. */
const HEADER_MAPPED = new Set([...Object.keys(headerSchema.shape), 'jobs', 'defaultTechnician'])
const ESTIMATE_MAPPED = new Set(ESTIMATE_KEYS)

/** The header's own keys side by side, the estimate's under `estimate`, so that neither hides the other. */
const repairOrderExtra = (header: Header, estimate: Estimate): Record<string, unknown> => {
  const ofEstimate = extraOf(estimate, ESTIMATE_MAPPED)
  const ofHeader = extraOf(header, HEADER_MAPPED)
  return Object.keys(ofEstimate).length > 0 ? { ...ofHeader, estimate: ofEstimate } : ofHeader
}

const customerOf = (header: Header, estimate: Estimate): CustomerFields | null => {
  const id = header.customer?.id ?? header.customerId ?? estimate.customer?.id ?? null
  if (id === null) return null
  const sent = header.customer ?? estimate.customer
  return {
    tm_id: id,
    first_name: sent?.firstName ?? null,
    last_name: sent?.lastName ?? null,
    company_name: sent?.companyName ?? sent?.businessName ?? null,
  }
}

type Vehicle = Header['vehicle']

const vehicleOf = (header: Header, estimate: Estimate): VehicleFields | null => {
  const id = header.vehicle?.id ?? header.vehicleId ?? estimate.vehicle?.id ?? null
  if (id === null) return null
  const sent: Vehicle = header.vehicle ?? estimate.vehicle
  return {
    tm_id: id,
    customer_tm_id: sent?.customerId ?? null,
    year: sent?.year ?? null,
    make: sent?.make.name ?? null,
    make_id: sent?.make.id ?? sent?.makeId ?? null,
    model: sent?.model.name ?? null,
    model_id: sent?.model.id ?? sent?.modelId ?? null,
    sub_model: sent?.subModel.name ?? null,
    sub_model_id: sent?.subModel.id ?? sent?.subModelId ?? null,
  }
}

const describeVehicle = (vehicle: Vehicle): string | null => {
  if (!vehicle) return null
  const words = [vehicle.year, vehicle.make.name, vehicle.model.name, vehicle.subModel.name]
  return words.filter((word) => word !== null).join(' ') || null
}

const advisorOf = (header: Header, estimate: Estimate): EmployeeMention[] => {
  const advisor = header.serviceWriter ?? header.serviceAdvisor ?? estimate.serviceWriter ?? null
  const id = advisor?.id ?? header.serviceWriterId ?? header.serviceAdvisorId
  return id === null || id === undefined
    ? []
    : [{ tm_id: id, first_name: advisor?.firstName ?? null, last_name: advisor?.lastName ?? null }]
}

const uniqueById = <T extends { readonly tm_id: number | null }>(rows: readonly T[]): T[] => {
  const seen = new Set<number>()
  return rows.filter(({ tm_id }) => {
    if (tm_id === null) return true
    if (seen.has(tm_id)) return false
    return seen.add(tm_id)
  })
}

/** One mention per person; a mention with a name goes before one without. */
const uniqueEmployees = (mentions: readonly EmployeeMention[]): EmployeeMention[] => {
  const byId = new Map<number, EmployeeMention>()
  for (const mention of mentions) {
    const known = byId.get(mention.tm_id)
    if (!known || (known.first_name === null && known.last_name === null)) byId.set(mention.tm_id, mention)
  }
  return [...byId.values()].sort((a, b) => a.tm_id - b.tm_id)
}
