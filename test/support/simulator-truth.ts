// One RO as the simulator holds it and as the client's bundle says it, in one form that can be compared.
import type { RepairOrderBundle } from '../../src/core/warehouse/bundle.ts'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'

const none = (text: string | null): string | null => text?.trim() || null
const cut = (instant: string | null): number | null => (instant === null ? null : Date.parse(instant))

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)

/** What both sides say of one RO, in one form. TM leaves a job's tax, the fees and the discount of the RO out now and then. */
export const fromTruth = (ro: SimRepairOrder, said: RepairOrderBundle) => ({
  number: ro.number,
  status: ro.statusId,
  people: [ro.customerId, ro.vehicleId, ro.serviceWriterId],
  dates: [ro.createdDate, ro.updatedDate, ro.completedDate, ro.postedDate, ro.promisedDate].map(cut),
  paid: ro.amountPaid,
  jobs: ro.jobs.map((job, i) => ({
    id: job.id,
    name: none(job.name),
    decision: [job.authorized, job.declined, job.selected],
    archived: job.archived,
    authorized: cut(job.authorizedDate),
    tax: said.jobs[i]?.tax === null ? null : job.tax,
    discount: sum(job.discounts.map(({ total }) => total)),
    parts: job.parts.map((p) => [p.id, none(p.name), p.quantity, p.cost, p.retail, p.total, p.vendorId]),
    labor: job.labor.map((l) => [l.id, none(l.name), l.hours, l.rate, l.total, l.complete, l.technicianId]),
    fees: job.fees.map((f) => [f.name.trim(), f.percentage, f.amount, f.cap, f.total]),
    sublets: job.sublets.map((s) => [s.id, s.name, s.cost, s.retail]),
  })),
  sublets: ro.sublets.map((s) => [s.id, s.name, s.cost, s.retail, s.authorized]),
  fees:
    said.fees === null ? null : ro.fees.map((f) => [f.name.trim(), f.percentage, f.amount, f.cap, f.total]),
  discount: said.repair_order.ro_discount === null ? null : sum(ro.discounts.map(({ total }) => total)),
})

export const fromBundle = ({
  repair_order: ro,
  jobs,
  sublets,
  fees,
}: RepairOrderBundle): ReturnType<typeof fromTruth> => ({
  number: ro.ro_number,
  status: ro.status_id as SimRepairOrder['statusId'],
  people: [ro.customer_tm_id, ro.vehicle_tm_id, ro.service_advisor_tm_id],
  dates: [ro.created_date, ro.updated_date, ro.completed_at, ro.posted_at, ro.promised_date].map(cut),
  paid: ro.amount_paid ?? Number.NaN,
  jobs: jobs.map((job) => ({
    id: job.tm_id,
    name: job.name,
    decision: [job.authorized, job.declined, job.selected],
    // TM leaves `archived` and a part's type out now and then.
    archived: job.archived ?? false,
    authorized: cut(job.authorized_date),
    tax: job.tax,
    discount: job.discount ?? 0,
    parts: job.parts.map((p) => [p.tm_id, p.name, p.quantity, p.cost, p.retail, p.total, p.vendor_tm_id]),
    labor: job.labor.map((l) => [l.tm_id, l.name, l.hours, l.rate, l.total, l.complete, l.technician_tm_id]),
    fees: job.fees.map((f) => [f.name ?? '', f.percentage ?? 0, f.amount ?? 0, f.cap, f.total]),
    sublets: job.sublets.map((s) => [s.tm_id ?? 0, s.name ?? '', s.cost, s.retail]),
  })),
  sublets: sublets.map((s) => [s.tm_id ?? 0, s.name ?? '', s.cost, s.retail, s.authorized]),
  fees:
    fees === null ? null : fees.map((f) => [f.name ?? '', f.percentage ?? 0, f.amount ?? 0, f.cap, f.total]),
  discount: ro.ro_discount,
})
