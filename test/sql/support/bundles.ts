// Bundles for tests of the write path: one job with two parts, two labor lines, a sublet and a fee. Every call gives
// a fresh copy; `edit` changes it, and the content hash follows from the content, as in the normalizer.
import { createHash } from 'node:crypto'
import type { JobFields, LaborFields, RepairOrderBundle } from '../../../src/core/warehouse/bundle.ts'

const noLines = { parts: [], labor: [], sublets: [], fees: [] }

export const aLabor = (fields: Partial<LaborFields> = {}): LaborFields => ({
  line_no: 1,
  tm_id: 900_001,
  name: 'Oil service labor',
  hours: 0.6,
  rate: 18_500,
  total: 11_100,
  complete: true,
  technician_tm_id: 200_457,
  technician_name: 'Tech Alpha',
  technician_hourly_rate: 3_200,
  ...fields,
})

export const aJob = (fields: Partial<JobFields> = {}): JobFields => ({
  tm_id: 1_190_332_001,
  name: 'Synthetic oil service',
  description: null,
  note: null,
  authorized: true,
  authorized_date: '2026-03-03T15:48:52.364767Z',
  declined: null,
  selected: true,
  archived: false,
  sort_order: 1,
  category: 'Maintenance',
  total: 17_463,
  subtotal: 17_044,
  discount: 500,
  tax: 419,
  parts_total: 6_444,
  parts_cost: 3_536,
  labor_total: 11_100,
  labor_hours: 0.6,
  sublet_total: 0,
  sublet_cost: 0,
  fee_total: 0,
  gross_profit_amount: 11_588,
  gross_profit_percent: 67.99,
  tm_extra: {},
  ...noLines,
  ...fields,
})

const aPart = (line_no: number, quantity: number, cost: number, retail: number, total: number) => ({
  line_no,
  tm_id: 1_055_001_000 + line_no,
  name: `Part ${line_no}`,
  brand: null,
  part_number: '',
  description: null,
  part_type: 'PART',
  quantity,
  cost,
  retail,
  total,
  core_charge: null,
  vendor_tm_id: null,
  vendor_name: null,
})

const aHeader = (): RepairOrderBundle['repair_order'] => ({
  tm_id: 318_204_417,
  ro_number: 20_418,
  status: 'POSTED',
  status_id: 5,
  customer_tm_id: 55_120_388,
  vehicle_tm_id: 71_940_226,
  service_advisor_tm_id: 200_311,
  service_advisor_name: 'Writer One',
  customer_name: 'Sample Customer',
  vehicle_description: '2018 Honda CR-V',
  created_date: '2026-03-03T13:20:11.000Z',
  updated_date: '2026-03-05T01:12:10.000Z',
  promised_date: null,
  dropped_off_date: null,
  picked_up_date: null,
  posted_at: '2026-03-05T01:12:09.000Z',
  completed_at: '2026-03-04T20:00:00.000Z',
  deleted_at: null,
  potential_total: 17_463,
  potential_subtotal: null,
  potential_tax: 419,
  potential_discount: 500,
  authorized_total: 17_463,
  fees_total: 350,
  ro_discount: 0,
  discount_total: 500,
  shop_supplies_total: 350,
  epa_total: 0,
  authorized_revenue: 17_544,
  authorized_cost: 5_456,
  authorized_profit: 12_088,
  tm_reported_gp_percent: 68.9,
  profit_labor_hours: 0.6,
  calculation_method: 'TRUE_GP',
  amount_paid: 0,
  balance_due: 17_463,
  miles_in: 81_240,
  miles_out: null,
  label: 'In-Progress',
  notes: null,
  tm_extra: { taxRate: 0.065 },
})

const aBundle = (): RepairOrderBundle => ({
  repair_order: aHeader(),
  customer: { tm_id: 55_120_388, first_name: 'Sample', last_name: 'Customer', company_name: null },
  vehicle: {
    tm_id: 71_940_226,
    customer_tm_id: 55_120_388,
    year: 2018,
    make: 'Honda',
    make_id: 59,
    model: 'CR-V',
    model_id: 664,
    sub_model: null,
    sub_model_id: null,
  },
  employees: [
    { tm_id: 200_311, first_name: 'Writer', last_name: 'One' },
    { tm_id: 200_457, first_name: 'Tech', last_name: 'Alpha' },
  ],
  jobs: [
    aJob({
      parts: [aPart(1, 5.5, 512, 899, 4_945), aPart(2, 1, 720, 1_499, 1_499)],
      labor: [
        aLabor(),
        aLabor({
          line_no: 2,
          tm_id: null,
          name: '',
          hours: 0,
          total: 0,
          technician_tm_id: null,
          technician_name: null,
          technician_hourly_rate: null,
        }),
      ],
      sublets: [
        {
          line_no: 1,
          tm_id: 70_031,
          name: 'Wheel alignment',
          description: null,
          vendor_name: 'Align Co',
          cost: 7_000,
          retail: 11_900,
          invoice_number: null,
          po_number: null,
          authorized: null,
        },
      ],
    }),
  ],
  sublets: [],
  fees: [
    {
      line_no: 1,
      name: 'Shop Supplies ',
      fee_type: 'shop_supplies',
      amount: 0,
      percentage: 12.5,
      cap: 3_000,
      taxable: false,
      total: 350,
    },
  ],
  content_hash: '',
  fetched_at: '2026-03-05T02:00:00.000Z',
})

/** The ordinary bundle, changed by `edit`, which works on a copy of its own. */
export const bundleWith = (
  edit: (bundle: RepairOrderBundle) => void = () => undefined,
): RepairOrderBundle => {
  const bundle = aBundle()
  edit(bundle)
  const { content_hash: _hash, fetched_at: _at, ...content } = bundle
  bundle.content_hash = createHash('sha256').update(JSON.stringify(content)).digest('hex')
  return bundle
}

/** The same RO read a while later: newer by TM's date and by the reader's clock. */
export const laterBundle = (minutes: number, edit: (bundle: RepairOrderBundle) => void): RepairOrderBundle =>
  bundleWith((bundle) => {
    bundle.repair_order.updated_date = new Date(
      Date.parse('2026-03-05T01:12:10Z') + minutes * 60_000,
    ).toISOString()
    bundle.fetched_at = new Date(Date.parse('2026-03-05T02:00:00Z') + minutes * 60_000).toISOString()
    edit(bundle)
  })

/** The only job of the ordinary bundle. */
export const jobOf = (bundle: RepairOrderBundle): JobFields => {
  const [job] = bundle.jobs
  if (job === undefined) throw new Error('this bundle has no job')
  return job
}
