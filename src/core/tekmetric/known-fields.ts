// The fields of an RO's answers that are documented or were seen (tekmetric-api.md §4.3–4.5), and those that money
// hangs on. Whatever stands elsewhere in an answer is news; whatever is missing everywhere of the second list, too.
import { ESTIMATE_KEYS, headerSchema, JOB_KEYS } from './schemas.ts'
import { sentStatus } from './statuses.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const LINE = words('id name description note category sortOrder')
const SUBLET = [
  ...LINE,
  ...words(`vendor vendorId vendorName cost retail price items invoiceNumber poNumber authorized authorizedDate
    selected`),
]
const CUSTOMER =
  words(`id firstName lastName fullName companyName businessName email phone customerType address taxExempt
  okForMarketing notes contactFirstName contactLastName arCreditLimit leadSource birthday storeCreditBalance
  storeCreditBalanceAge`)
const VEHICLE =
  words(`id customerId year make model subModel engine vin licensePlate licenseState unitNumber color
  odometer milesIn mileageOut note transmission driveType bodyStyle makeId modelId subModelId baseVehicleId vehicleId
  custom description shortDescription`)
const EMPLOYEE = words('id firstName lastName fullName hourlyRate employeeRole')
const NAMED = words('id code statusCode name status')
const PEOPLE = words('customer vehicle serviceWriter serviceAdvisor technician')

/** Known fields by place; `*` stands for any position in a list. */
export const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  header: new Set([
    ...Object.keys(headerSchema.shape),
    ...words(`jobs defaultTechnician defaultTechnicianId customerTimeIn customerTimeOut laborRate taxLabor taxParts
      taxFees taxTires taxTiresFet appointmentOption customerConcerns keytag leadSource poNumber referrerId
      referrerName saveCustomerParts nonce inspections repairOrderCustomLabel estimateShareDate`),
  ]),
  'header.customer': new Set(CUSTOMER),
  'header.vehicle': new Set(VEHICLE),
  'header.serviceWriter': new Set(EMPLOYEE),
  'header.repairOrderStatus': new Set(NAMED),
  'header.repairOrderLabel': new Set(NAMED),
  'estimate.customer': new Set(CUSTOMER),
  'estimate.vehicle': new Set(VEHICLE),
  'estimate.serviceWriter': new Set(EMPLOYEE),
  estimate: new Set([
    ...ESTIMATE_KEYS,
    ...PEOPLE,
    ...words('repairOrderJobs taxRate discounts customerConcerns'),
  ]),
  'estimate.jobs.*': new Set([
    ...JOB_KEYS,
    ...words(`repairOrderId repairOrderNumber repairOrderVehicleDescription declinedDate declinedNote declinedTotal
      notDeclined feeable authorizedTotal partsTaxTotal laborTaxTotal feesTaxTotal grossProfitPerHour cannedJobId
      packagePrice packagePriceTotal smartJobIds technician laborTechnicians taxParts taxLabor taxFees createdDate
      updatedDate`),
  ]),
  'estimate.jobs.*.parts.*': new Set([
    ...LINE,
    ...words(`partType brand partNumber oemPartNumber position quantity cost retail total coreCharge fet msrp vendorId
      vendorName vendor ordered received backordered unitOfMeasure width ratio diameter model dotNumbers
      constructionType`),
  ]),
  'estimate.jobs.*.labor.*': new Set([
    ...LINE,
    ...words('hours rate total complete laborType skillLevel autoApplyLaborMatrixId technician technicianId'),
  ]),
  'estimate.jobs.*.labor.*.technician': new Set(EMPLOYEE),
  'estimate.jobs.*.fees.*': new Set([...LINE, ...words('percentage amount cap taxable total')]),
  'estimate.jobs.*.sublets.*': new Set(SUBLET),
  'estimate.jobs.*.discounts.*': new Set([...LINE, ...words('total amount percentage')]),
  'estimate.fees.*': new Set([...LINE, ...words('percentage amount cap taxable total')]),
  'estimate.sublets.*': new Set(SUBLET),
  'estimate.discounts.*': new Set([...LINE, ...words('total amount percentage')]),
  profitLabor: new Set(words('labor laborProfit totalProfit partsProfit')),
  'profitLabor.labor.*': new Set(
    words('name hours rate retail cost profit margin laborId jobTechnician id description'),
  ),
  'profitLabor.totalProfit': new Set(words('retail cost profit margin')),
  'profitLabor.laborProfit': new Set(words('hours retail cost profit margin')),
}

type Json = Readonly<Record<string, unknown>>

export interface MoneyField {
  readonly place: string
  readonly field: string
  /** So many carriers must lack it: one odd line is a line without it, a whole answer is a change of TM's. */
  readonly atLeast: number
  /** Fields that say the same: an object that has a value in one of them lacks nothing. */
  readonly or?: readonly string[]
  /** Objects that must carry it; all of the place when absent. */
  readonly of?: (object: Json) => boolean
}

const fields = (place: string, names: string, atLeast: number): MoneyField[] =>
  words(names).map((field) => ({ place, field, atLeast }))

/** TM writes numbers as texts too. */
const isSomething = (value: unknown): boolean => Math.abs(Number(value)) > 0

/** A job that states an amount for its lines of this kind. */
const states =
  (...sums: readonly string[]) =>
  (job: Json): boolean =>
    sums.some((sum) => isSomething(job[sum]))

const isDecided = ({ authorized }: Json): boolean => authorized !== null && authorized !== undefined

const hasStatus =
  (...ids: readonly number[]) =>
  (header: Json): boolean => {
    const { data } = headerSchema.safeParse(header)
    const status = data && sentStatus(data)
    return status ? ids.includes(status.id) : false
  }

const JOB = 'estimate.jobs.*'

/**
 * Fields whose disappearance would move numbers or days without any value being wrong. Not in it: what TM leaves out now
 * and then (§4.3–4.5), and what the metrics derive from the rest when it is absent (metrics.md: a job's `tax`, `margin`).
 */
export const MONEY_FIELDS: readonly MoneyField[] = [
  ...fields('header', 'createdDate updatedDate amountPaid', 1),
  // Which day an RO counts on; an RO in work has neither.
  { place: 'header', field: 'postedDate', of: hasStatus(5, 6), atLeast: 1 },
  { place: 'header', field: 'completedDate', of: hasStatus(3, 5, 6), atLeast: 1 },
  ...fields('estimate', 'authorizedTotal total feesTotal discountTotal', 1),
  { place: 'estimate', field: 'discount', or: ['discountTotal'], atLeast: 1 },
  { place: 'estimate', field: 'taxes', or: ['tax'], atLeast: 1 },
  { place: 'estimate', field: 'fees', or: ['feesTotal'], atLeast: 1 },
  { place: JOB, field: 'authorized', or: ['status'], atLeast: 1 },
  { place: JOB, field: 'authorizedDate', of: isDecided, atLeast: 1 },
  { place: JOB, field: 'discount', or: ['discounts'], atLeast: 1 },
  // A job without such lines may leave the list out; one that states their sum may not.
  { place: JOB, field: 'parts', of: states('partsPrice', 'partsCost'), atLeast: 1 },
  { place: JOB, field: 'labor', of: states('laborPrice', 'laborHours', 'laborTime'), atLeast: 1 },
  { place: JOB, field: 'sublets', of: states('subletPrice', 'subletCost'), atLeast: 1 },
  { place: JOB, field: 'fees', of: states('feePrice'), atLeast: 1 },
  ...fields(JOB, 'total partsPrice partsCost laborPrice', 2),
  { place: JOB, field: 'laborHours', or: ['laborTime'], atLeast: 2 },
  { place: JOB, field: 'subTotal', or: ['subtotal'], atLeast: 2 },
  ...fields(`${JOB}.parts.*`, 'quantity cost retail total', 2),
  ...fields(`${JOB}.labor.*`, 'hours rate total', 2),
  { place: `${JOB}.labor.*`, field: 'technician', or: ['technicianId'], atLeast: 2 },
  ...[`${JOB}.sublets.*`, 'estimate.sublets.*'].flatMap((place): MoneyField[] => [
    { place, field: 'cost', or: ['items'], atLeast: 2 },
    { place, field: 'retail', or: ['price', 'items'], atLeast: 2 },
  ]),
  // A percentage without a total is refused as it is.
  ...[`${JOB}.fees.*`, 'estimate.fees.*'].map((place) => ({
    place,
    field: 'total',
    or: ['amount'],
    atLeast: 1,
  })),
  { place: 'profitLabor', field: 'totalProfit', atLeast: 1 },
]
