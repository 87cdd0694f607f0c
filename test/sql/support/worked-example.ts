// RO 20418 of tekmetric-api.md §4.3–4.5 as the bundle that a correct reader makes of it, posted at 01:12 UTC.
// metrics.md names every figure that has to come out.
import type pg from 'pg'
import type {
  JobFields,
  LaborFields,
  PartFields,
  RepairOrderBundle,
} from '../../../src/core/warehouse/bundle.ts'

const part = (
  line_no: number,
  line: Pick<PartFields, 'quantity' | 'cost' | 'retail' | 'total'>,
): PartFields => ({
  line_no,
  tm_id: 1_055_001_000 + line_no,
  name: null,
  brand: null,
  part_number: null,
  description: null,
  part_type: 'PART',
  core_charge: null,
  vendor_tm_id: null,
  vendor_name: null,
  ...line,
})

const labor = (line: Pick<LaborFields, 'hours' | 'total'> & Partial<LaborFields>): LaborFields => ({
  line_no: 1,
  tm_id: null,
  name: null,
  rate: 18_500,
  complete: null,
  technician_tm_id: null,
  technician_name: null,
  technician_hourly_rate: null,
  ...line,
})

const job = (fields: Pick<JobFields, 'tm_id' | 'name' | 'authorized'> & Partial<JobFields>): JobFields => ({
  description: null,
  note: null,
  authorized_date: null,
  declined: null,
  selected: true,
  archived: null,
  sort_order: null,
  category: null,
  total: null,
  subtotal: null,
  discount: 0,
  tax: null,
  parts_total: null,
  parts_cost: null,
  labor_total: null,
  labor_hours: null,
  sublet_total: null,
  sublet_cost: null,
  fee_total: 0,
  gross_profit_amount: null,
  gross_profit_percent: null,
  tm_extra: {},
  parts: [],
  labor: [],
  sublets: [],
  fees: [],
  ...fields,
})

const jobs: JobFields[] = [
  job({
    tm_id: 1_190_332_001,
    name: 'Synthetic oil service',
    authorized: true,
    authorized_date: '2026-03-03T15:48:52.364Z',
    archived: false,
    discount: 500,
    tax: 419,
    parts: [
      part(1, { quantity: 5.5, cost: 512, retail: 899, total: 4945 }),
      part(2, { quantity: 1, cost: 720, retail: 1499, total: 1499 }),
    ],
    labor: [
      labor({
        hours: 0.6,
        total: 11_100,
        technician_tm_id: 200_457,
        technician_name: 'Tech Alpha',
        technician_hourly_rate: 3200,
      }),
    ],
  }),
  job({
    tm_id: 1_190_332_002,
    name: 'Front brake pads and rotors',
    authorized: true,
    authorized_date: '2026-03-04T01:42:49.918Z',
    declined: false,
    tax: 1937,
    parts: [
      part(1, { quantity: 1, cost: 6210, retail: 11_895, total: 11_895 }),
      part(2, { quantity: 2, cost: 4725, retail: 8950, total: 17_900 }),
    ],
    labor: [labor({ hours: 2.65, total: 49_025 })],
    sublets: [
      {
        line_no: 1,
        tm_id: 70_031,
        name: 'Wheel alignment',
        description: null,
        vendor_name: 'Align Co',
        cost: 7000,
        retail: 11_900,
        invoice_number: null,
        po_number: null,
        authorized: null,
      },
    ],
  }),
  job({
    tm_id: 1_190_332_003,
    name: 'Cabin air filter',
    authorized: null,
    tax: 260,
    parts: [part(1, { quantity: 1, cost: 1650, retail: 3995, total: 3995 })],
    labor: [labor({ hours: 0.3, total: 5550 })],
  }),
]

const fee = (line_no: number, name: string, fee_type: 'shop_supplies' | 'hazmat', total: number) => ({
  line_no,
  name,
  fee_type,
  amount: null,
  percentage: null,
  cap: null,
  taxable: false,
  total,
})

export const workedExample: RepairOrderBundle = {
  repair_order: {
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
    created_date: '2026-03-03T13:20:11Z',
    updated_date: '2026-03-05T01:12:10Z',
    promised_date: '2026-03-04T21:00:00Z',
    dropped_off_date: null,
    picked_up_date: null,
    posted_at: '2026-03-05T01:12:09Z',
    completed_at: '2026-03-04T22:40:00Z',
    deleted_at: null,
    potential_total: 122_275,
    potential_subtotal: null,
    potential_tax: 2616,
    potential_discount: null,
    authorized_total: 112_470,
    fees_total: 3350,
    ro_discount: 1000,
    discount_total: 1500,
    shop_supplies_total: 3000,
    epa_total: 350,
    authorized_revenue: 108_264,
    authorized_cost: 37_550,
    authorized_profit: 70_714,
    tm_reported_gp_percent: 65.32,
    profit_labor_hours: 3.25,
    calculation_method: 'TRUE_GP',
    amount_paid: 112_470,
    balance_due: 0,
    miles_in: 81_240,
    miles_out: null,
    label: 'Posted',
    notes: null,
    tm_extra: {},
  },
  customer: { tm_id: 55_120_388, first_name: 'Sample', last_name: 'Customer', company_name: null },
  vehicle: {
    tm_id: 71_940_226,
    customer_tm_id: 55_120_388,
    year: 2018,
    make: 'Honda',
    make_id: null,
    model: 'CR-V',
    model_id: 664,
    sub_model: null,
    sub_model_id: null,
  },
  employees: [
    { tm_id: 200_311, first_name: 'Writer', last_name: 'One' },
    { tm_id: 200_457, first_name: 'Tech', last_name: 'Alpha' },
  ],
  jobs,
  sublets: [],
  fees: [fee(1, 'Shop Supplies ', 'shop_supplies', 3000), fee(2, 'Haz Mat', 'hazmat', 350)],
  content_hash: 'worked-example',
  fetched_at: '2026-03-05T01:15:00Z',
}

const TECHNICIANS = [
  { tm_id: 200_457, first_name: 'Tech', last_name: 'Alpha', hourly_rate: 3200 },
  { tm_id: 200_458, first_name: 'Tech', last_name: 'Beta', hourly_rate: 3920 },
]

/** Two technicians with rates of their own, whose mean is the 3560 of the example. */
export const employWorkedTechnicians = async (client: pg.Client, shopId: string): Promise<void> => {
  const rows = TECHNICIANS.map((each) => ({ ...each, status: 'ACTIVE', can_perform_work: true }))
  await client.query('select public.upsert_employees($1, $2)', [shopId, JSON.stringify(rows)])
}

/** What metrics.md says of it, under the names that an RO's snapshot, its day and its period share. */
export const workedFigures = {
  authorized_revenue: 108_264,
  authorized_cost: 37_550,
  authorized_profit: 70_714,
  authorized_gp_percent: 65.32,
  authorized_job_count: 2,
  authorized_total: 112_470,
  parts_revenue: 36_239,
  parts_cost: 19_196,
  labor_revenue: 60_125,
  labor_hours: 3.25,
  labor_cost: 11_354,
  estimated_labor_cost: 9434,
  sublet_revenue: 11_900,
  sublet_cost: 7000,
  fees_total: 3350,
  discount_total: 1500,
  tax_total: 2356,
  net_sales: 110_114,
  net_profit: 72_564,
  potential_revenue: 117_809,
  potential_job_count: 3,
  pending_revenue: 9545,
  declined_revenue: 0,
  potential_total: 122_275,
  unassigned_labor_hours: 2.65,
  unassigned_labor_revenue: 49_025,
}

/** The ratios of a day or a period that has this RO alone. */
export const workedRatios = {
  authorization_rate: 91.9,
  avg_ro_value: 108_264,
  avg_ro_profit: 70_714,
  avg_labor_rate: 18_500,
  gp_per_labor_hour: 15_006,
  gross_profit_per_labor_hour: 21_758,
  sales_per_labor_hour: 33_312,
}
