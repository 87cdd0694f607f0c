// The fields of an RO's answers that are documented or were seen (tekmetric-api.md §4.3–4.5), and those that money
// hangs on. Whatever stands elsewhere in an answer is news; whatever is missing everywhere of the second list, too.
import { ESTIMATE_KEYS, headerSchema, JOB_KEYS } from './schemas.ts'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const LINE = words('id name description note category sortOrder')
const SUBLET = [
  ...LINE,
  ...words(`vendor vendorId vendorName cost retail price items invoiceNumber poNumber authorized authorizedDate
    selected`),
]
const PEOPLE = words('customer vehicle serviceWriter serviceAdvisor technician')

/** Known fields by place; `*` stands for any position in a list. */
export const KNOWN: Readonly<Record<string, ReadonlySet<string>>> = {
  header: new Set([
    ...Object.keys(headerSchema.shape),
    ...words(`jobs defaultTechnician defaultTechnicianId customerTimeIn customerTimeOut laborRate taxLabor taxParts
      taxFees taxTires taxTiresFet appointmentOption customerConcerns keytag leadSource poNumber referrerId
      referrerName saveCustomerParts nonce inspections repairOrderCustomLabel estimateShareDate`),
  ]),
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

export interface MoneyField {
  readonly place: string
  readonly field: string
  /** So many carriers must lack it: one odd line is a line without it, a whole answer is a change of TM's. */
  readonly atLeast: number
}

/** Fields whose disappearance would move numbers without any value being wrong. */
export const MONEY_FIELDS: readonly MoneyField[] = [
  { place: 'estimate', field: 'authorizedTotal', atLeast: 1 },
  { place: 'estimate', field: 'total', atLeast: 1 },
  { place: 'profitLabor', field: 'totalProfit', atLeast: 1 },
  ...words('quantity cost retail total').map((field) => ({
    place: 'estimate.jobs.*.parts.*',
    field,
    atLeast: 2,
  })),
  ...words('hours rate total').map((field) => ({ place: 'estimate.jobs.*.labor.*', field, atLeast: 2 })),
  ...words('cost retail').map((field) => ({ place: 'estimate.jobs.*.sublets.*', field, atLeast: 2 })),
]
