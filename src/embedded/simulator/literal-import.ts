// Turns literal answers (the examples of tekmetric-api.md §4.3–4.5, or a test's own) into an RO of the simulator, so
// that it can be served word for word, and still be posted, edited and deleted afterwards.
import type { z } from 'zod'
import { estimateShape, headerShape } from './literal-shapes.ts'
import type {
  discountShape,
  feeShape,
  jobShape,
  nameOrObject,
  partShape,
  subletShape,
} from './literal-shapes.ts'
import type { SimDiscount, SimFee, SimJob, SimPart, SimRepairOrder, SimSublet, StatusId } from './model.ts'

export interface LiteralRepairOrder {
  /** JSON text (kept word for word, floats and all) or an object. */
  readonly header: string | object
  readonly estimate: string | object
  /** Absent: computed from the lines. */
  readonly profitLabor?: string | object
}

export interface NamedTechnician {
  readonly id: number
  readonly firstName: string
  readonly lastName: string
  readonly hourlyRate: number | null
}

const asText = (value: string | object): string => (typeof value === 'string' ? value : JSON.stringify(value))

export interface Imported {
  readonly ro: SimRepairOrder
  /** Whom and what the answers name; the caller makes them known where they are not. */
  readonly technicians: NamedTechnician[]
  readonly writer: NamedTechnician | null
  readonly customer: {
    id: number
    firstName: string | null
    lastName: string | null
    companyName: string | null
  } | null
  readonly vehicle: { id: number; year: number | null; make: NamedThing; model: NamedThing } | null
}

interface NamedThing {
  readonly id: number
  readonly name: string
}

const thing = (value: z.output<typeof nameOrObject>): NamedThing =>
  typeof value === 'string' ? { id: 0, name: value } : (value ?? { id: 0, name: '' })

/** @throws ZodError naming the field that an RO cannot do without. */
export const importRepairOrder = (
  literal: LiteralRepairOrder,
  shop: { tmId: number; laborRate: number },
): Imported => {
  const headerText = asText(literal.header)
  const estimateText = asText(literal.estimate)
  const header = headerShape.parse(JSON.parse(headerText))
  const estimate = estimateShape.parse(JSON.parse(estimateText))
  const jobs = estimate.jobs ?? []
  const ro: SimRepairOrder = {
    ...emptyRepairOrder(header, shop),
    taxRate: estimate.taxRate ?? 0,
    jobs: jobs.map((job, i) => importJob(job, i, header.createdDate)),
    sublets: (estimate.sublets ?? []).map((sublet) => importSublet(sublet, header.id)),
    fees: (estimate.fees?.data ?? []).map(importFee),
    discounts: estimate.discount ? [{ name: 'Discount', total: estimate.discount }] : [],
    literal: {
      header: headerText,
      estimate: estimateText,
      profitLabor: literal.profitLabor === undefined ? null : asText(literal.profitLabor),
    },
  }
  const technicians = jobs
    .flatMap((job) => job.labor ?? [])
    .flatMap(({ technician }) => (technician ? [technician] : []))
    .map((person) => ({
      id: person.id,
      firstName: person.firstName ?? '',
      lastName: person.lastName ?? '',
      hourlyRate: person.hourlyRate ?? null,
    }))
  return { ro, technicians, ...namedIn(header) }
}

const namedIn = ({
  serviceWriter,
  customer,
  vehicle,
}: Header): Pick<Imported, 'writer' | 'customer' | 'vehicle'> => ({
  writer: serviceWriter
    ? {
        id: serviceWriter.id,
        firstName: serviceWriter.firstName ?? '',
        lastName: serviceWriter.lastName ?? '',
        hourlyRate: null,
      }
    : null,
  customer: customer
    ? {
        id: customer.id,
        firstName: customer.firstName ?? null,
        lastName: customer.lastName ?? null,
        companyName: customer.companyName ?? null,
      }
    : null,
  vehicle: vehicle
    ? { id: vehicle.id, year: vehicle.year ?? null, make: thing(vehicle.make), model: thing(vehicle.model) }
    : null,
})

type Header = z.output<typeof headerShape>

const emptyRepairOrder = (header: Header, shop: { tmId: number; laborRate: number }): SimRepairOrder => ({
  id: header.id,
  shopTmId: shop.tmId,
  number: header.repairOrderNumber,
  statusId: header.repairOrderStatus.id as StatusId,
  customerId: header.customer?.id ?? null,
  vehicleId: header.vehicle?.id ?? null,
  serviceWriterId: header.serviceWriter?.id ?? null,
  createdDate: header.createdDate,
  updatedDate: header.updatedDate,
  completedDate: header.completedDate ?? null,
  postedDate: header.postedDate ?? null,
  deletedDate: null,
  promisedDate: header.promisedDate ?? null,
  estimateShareDate: null,
  droppedOffDate: null,
  pickedUpDate: null,
  milesIn: header.milesIn ?? null,
  milesOut: header.milesOut ?? null,
  keytag: header.keytag ?? null,
  notes: header.notes ?? null,
  appointmentOption: header.appointmentOption ?? null,
  concerns: [],
  laborRate: header.laborRate ?? shop.laborRate,
  taxRate: 0,
  amountPaid: header.amountPaid ?? 0,
  jobs: [],
  sublets: [],
  fees: [],
  discounts: [],
  silentChanges: [],
  revision: 1,
  literal: null,
})

const importJob = (job: z.output<typeof jobShape>, index: number, createdDate: string): SimJob => ({
  id: job.id,
  name: job.name ?? null,
  description: null,
  note: job.note ?? null,
  category: null,
  authorized: job.authorized ?? null,
  authorizedDate: job.authorizedDate ?? null,
  declined: job.declined ?? null,
  selected: job.selected ?? null,
  archived: job.archived ?? false,
  sortOrder: index + 1,
  tax: job.tax ?? 0,
  discounts: importDiscounts(job.discounts ?? [], job.discount ?? 0),
  fees: (job.fees ?? []).map(importFee),
  parts: (job.parts ?? []).map(importPart),
  labor: (job.labor ?? []).map((line) => ({
    id: line.id ?? null,
    name: line.name ?? '',
    hours: line.hours,
    rate: line.rate,
    total: line.total ?? 0,
    complete: line.complete ?? null,
    technicianId: line.technician?.id ?? null,
  })),
  sublets: (job.sublets ?? []).map((sublet) => importSublet(sublet, job.id)),
  createdDate,
  updatedDate: createdDate,
})

const importDiscounts = (items: z.output<typeof discountShape>[], total: number): SimDiscount[] => {
  if (items.length === 0) return total === 0 ? [] : [{ name: 'Discount', total }]
  return items.map((item) => ({ name: item.name ?? '', total: item.total ?? item.amount ?? 0 }))
}

const importFee = (fee: z.output<typeof feeShape>): SimFee => ({
  name: fee.name ?? '',
  percentage: fee.percentage ?? 0,
  amount: fee.amount ?? 0,
  cap: fee.cap ?? null,
  taxable: fee.taxable ?? false,
  total: fee.total ?? fee.amount ?? 0,
})

const importSublet = (sublet: z.output<typeof subletShape>, parent: number): SimSublet => ({
  id: sublet.id ?? parent,
  name: sublet.name ?? '',
  vendorName: sublet.vendorName ?? null,
  cost: sublet.cost ?? 0,
  retail: sublet.retail ?? 0,
  authorized: sublet.authorized ?? null,
  authorizedDate: sublet.authorizedDate ?? null,
})

const importPart = (part: z.output<typeof partShape>): SimPart => ({
  id: part.id ?? null,
  name: part.name ?? null,
  brand: part.brand ?? null,
  partNumber: part.partNumber ?? null,
  description: part.description ?? null,
  typeId: part.partType?.id ?? 1,
  typeCode: part.partType?.code ?? 'PART',
  quantity: part.quantity,
  cost: part.cost,
  retail: part.retail,
  total: part.total ?? 0,
  vendorId: part.vendorId ?? null,
  vendorName: part.vendorName ?? null,
})
