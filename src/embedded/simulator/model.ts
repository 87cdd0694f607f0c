// The simulator's state, in plain objects: money in integer cents, instants as ISO-8601 UTC text (seconds, except
// `authorizedDate` with up to nine digits). `truth()` hands out copies of exactly these shapes.

export type Instant = string

export interface SimShop {
  readonly tmId: number
  /** Position in the options; part of every id of this shop. */
  readonly index: number
  readonly name: string
  readonly timeZone: string
  /** Cents per hour. */
  readonly laborRate: number
  readonly taxRate: number
  readonly suppliesPercent: number
  readonly suppliesCap: number
  readonly hazmatFee: number
  /** Repair orders created in the initial period. */
  readonly repairOrders: number
}

export interface SimEmployee {
  readonly id: number
  readonly shopTmId: number
  firstName: string
  lastName: string
  roleId: number
  roleName: string
  payType: 'FLAT' | 'HOURLY' | 'SALARY'
  /** Cents per hour; null unless HOURLY. */
  hourlyRate: number | null
  /** Cents per year; null unless SALARY. */
  salary: number | null
  canPerformWork: boolean
  active: boolean
  /** False: in no list, although repair orders name this person (S17). */
  listed: boolean
  /** False: the full record answers 404 (a deleted person). */
  hasFullRecord: boolean
  createdDate: Instant
  updatedDate: Instant
}

export interface SimCustomer {
  readonly id: number
  readonly shopTmId: number
  firstName: string | null
  lastName: string | null
  companyName: string | null
  emails: string[]
  phones: { number: string; type: string; primary: boolean }[]
  typeId: 1 | 2
  address: { address1: string; city: string; state: string; zip: string } | null
  taxExempt: boolean
  okForMarketing: boolean | null
  notes: string | null
  createdDate: Instant
  updatedDate: Instant
}

export interface SimVehicle {
  readonly id: number
  readonly shopTmId: number
  /** The present owner; a repair order keeps the customer it was written for. */
  customerId: number
  year: number | null
  make: string
  makeId: number
  model: string
  modelId: number
  subModel: string | null
  engine: string | null
  vin: string | null
  licensePlate: string | null
  licenseState: string | null
  color: string | null
  unitNumber: string | null
  milesIn: number | null
  archived: boolean
  createdDate: Instant
  updatedDate: Instant
}

export interface SimPart {
  id: number | null
  name: string | null
  brand: string | null
  partNumber: string | null
  description: string | null
  typeId: number
  typeCode: string
  quantity: number
  /** Cents per unit. */
  cost: number
  /** Cents per unit. */
  retail: number
  /** round-half-up(quantity × retail) */
  total: number
  vendorId: number | null
  vendorName: string | null
}

export interface SimLabor {
  id: number | null
  name: string
  hours: number
  /** Cents per hour. */
  rate: number
  /** round-half-up(hours × rate) */
  total: number
  complete: boolean | null
  technicianId: number | null
}

export interface SimSublet {
  id: number
  name: string
  vendorName: string | null
  cost: number
  retail: number
  /** RO-level sublets carry their own decision; inside a job the job decides and this is null. */
  authorized: boolean | null
  authorizedDate: Instant | null
}

export interface SimFee {
  name: string
  /** Percent: 12.5 means 12.5 %. */
  percentage: number
  /** Fixed part, cents. */
  amount: number
  cap: number | null
  taxable: boolean
  total: number
}

export interface SimDiscount {
  name: string
  /** Positive lowers the price; negative is a surcharge. */
  total: number
}

export interface SimJob {
  id: number
  name: string | null
  description: string | null
  note: string | null
  category: string | null
  authorized: boolean | null
  authorizedDate: Instant | null
  declined: boolean | null
  selected: boolean | null
  archived: boolean
  sortOrder: number
  tax: number
  discounts: SimDiscount[]
  fees: SimFee[]
  parts: SimPart[]
  labor: SimLabor[]
  sublets: SimSublet[]
  createdDate: Instant
  /** Moves at night without the RO's `updatedDate` (spec §8.1). */
  updatedDate: Instant
}

export type StatusId = 1 | 2 | 3 | 4 | 5 | 6 | 7

/** Literal answers given to `edit.addRepairOrder`; served until the jobs of that RO are changed. */
export interface LiteralAnswers {
  header: string | null
  estimate: string | null
  profitLabor: string | null
}

export interface SimRepairOrder {
  readonly id: number
  readonly shopTmId: number
  readonly number: number
  statusId: StatusId
  customerId: number | null
  vehicleId: number | null
  serviceWriterId: number | null
  createdDate: Instant
  updatedDate: Instant
  completedDate: Instant | null
  postedDate: Instant | null
  deletedDate: Instant | null
  promisedDate: Instant | null
  estimateShareDate: Instant | null
  droppedOffDate: Instant | null
  pickedUpDate: Instant | null
  milesIn: number | null
  milesOut: number | null
  keytag: string | null
  notes: string | null
  appointmentOption: string | null
  concerns: string[]
  laborRate: number
  /** 0 when the customer is tax exempt. */
  taxRate: number
  amountPaid: number
  jobs: SimJob[]
  sublets: SimSublet[]
  fees: SimFee[]
  discounts: SimDiscount[]
  /** Changes since `updatedDate` last moved, which no listing shows: `pay`, `nightly-value`, `edit`. */
  silentChanges: { at: Instant; kind: string }[]
  /** Grows with every change of this RO; the key of the answer cache. */
  revision: number
  literal: LiteralAnswers | null
}

export interface Truth {
  now: Instant
  shops: (SimShop & { averageTechnicianRate: number | null })[]
  employees: SimEmployee[]
  customers: SimCustomer[]
  vehicles: SimVehicle[]
  repairOrders: SimRepairOrder[]
}

/** One thing that happened to the simulated shops. */
export interface HistoryEntry {
  at: Instant
  kind: string
  shop: number
  ro: number | null
}

export const STATUS: Readonly<Record<StatusId, { code: string; name: string }>> = {
  1: { code: 'ESTIMATE', name: 'Estimate' },
  2: { code: 'WORKINPROGRESS', name: 'Work-In-Progress' },
  3: { code: 'COMPLETE', name: 'Complete' },
  4: { code: 'SAVEDFORLATER', name: 'Saved for Later' },
  5: { code: 'POSTED', name: 'Posted' },
  6: { code: 'ACCRECV', name: 'Accounts Receivable' },
  7: { code: 'DELETED', name: 'Deleted' },
}
