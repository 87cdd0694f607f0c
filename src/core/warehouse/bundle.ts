// The bundle: everything one authoritative read of an RO says, in the shape that `apply_repair_order` takes.
// Names are the warehouse's column names, so that SQL and TypeScript speak of the same thing.
// All money is integer cents; hours and quantities are decimals (finite numbers); timestamps are ISO-8601 UTC with `Z`;
// dates (`posted_date`, `completed_date`) are shop-local calendar days `YYYY-MM-DD`. `null` means "TM did not say".

/** TM status code as stored in `repair_orders.status`; anything unknown is kept as sent. */
export type RepairOrderStatus =
  | 'ESTIMATE'
  | 'WORKINPROGRESS'
  | 'COMPLETE'
  | 'SAVEDFORLATER'
  | 'POSTED'
  | 'ACCRECV'
  | 'DELETED'
  | (string & {})

/** Sums over a set of jobs of one RO, in cents (`job_count` counts). */
export interface RepairOrderFields {
  tm_id: number
  ro_number: number
  status: RepairOrderStatus
  status_id: number
  customer_tm_id: number | null
  vehicle_tm_id: number | null
  service_advisor_tm_id: number | null
  service_advisor_name: string | null
  customer_name: string | null
  vehicle_description: string | null
  created_date: string | null
  updated_date: string | null
  promised_date: string | null
  dropped_off_date: string | null
  picked_up_date: string | null
  /** TM's raw UTC instants; SQL derives the shop-local dates from them with `shops.timezone`. */
  posted_at: string | null
  completed_at: string | null
  deleted_at: string | null
  /** [POTENTIAL] as `/estimate` sends them: all jobs. */
  potential_total: number | null
  potential_subtotal: number | null
  potential_tax: number | null
  potential_discount: number | null
  /** [AUTHORIZED] `/estimate` → `authorizedTotal` as sent. */
  authorized_total: number | null
  /** `/estimate` → `feesTotal`, and the RO-level discount: `discount`, and `discountTotal` (all discounts). */
  fees_total: number | null
  ro_discount: number | null
  discount_total: number | null
  shop_supplies_total: number | null
  epa_total: number | null
  /** From `/profit/labor`; null when no job is authorized or that route answered 404. */
  authorized_revenue: number | null
  authorized_cost: number | null
  authorized_profit: number | null
  /** 100 × `totalProfit.margin`, 2 decimals; null when "NaN" or absent; a true 0 stays 0. */
  tm_reported_gp_percent: number | null
  profit_labor_hours: number | null
  /** `TRUE_GP` when `/profit/labor` answered (or nothing is authorized), `LINE_ITEMS` when it answered 404. */
  calculation_method: 'TRUE_GP' | 'LINE_ITEMS'
  amount_paid: number | null
  balance_due: number | null
  miles_in: number | null
  miles_out: number | null
  label: string | null
  notes: string | null
  /** What TM returns and has no column. Never `nonce`, tokens, permissions. */
  tm_extra: Record<string, unknown>
}

export interface CustomerFields {
  tm_id: number
  first_name: string | null
  last_name: string | null
  company_name: string | null
}

export interface VehicleFields {
  tm_id: number
  customer_tm_id: number | null
  year: number | null
  make: string | null
  make_id: number | null
  model: string | null
  model_id: number | null
  sub_model: string | null
  sub_model_id: number | null
}

/** A person an RO names (advisor, technician). Becomes a placeholder row when TM's list lacks them. */
export interface EmployeeMention {
  tm_id: number
  first_name: string | null
  last_name: string | null
}

export interface JobFields {
  tm_id: number
  name: string | null
  description: string | null
  note: string | null
  /** TM's three states: true approved, false declined, null pending. */
  authorized: boolean | null
  authorized_date: string | null
  declined: boolean | null
  selected: boolean | null
  archived: boolean | null
  sort_order: number | null
  category: string | null
  total: number | null
  subtotal: number | null
  discount: number | null
  tax: number | null
  parts_total: number | null
  parts_cost: number | null
  labor_total: number | null
  labor_hours: number | null
  sublet_total: number | null
  sublet_cost: number | null
  fee_total: number | null
  gross_profit_amount: number | null
  gross_profit_percent: number | null
  tm_extra: Record<string, unknown>
  parts: PartFields[]
  labor: LaborFields[]
  sublets: SubletFields[]
  fees: FeeFields[]
}

export interface PartFields {
  line_no: number
  tm_id: number | null
  name: string | null
  brand: string | null
  part_number: string | null
  description: string | null
  part_type: string | null
  quantity: number
  /** Cents per unit. */
  cost: number
  /** Cents per unit. */
  retail: number
  /** As TM sent it, or round-half-up(quantity × retail). */
  total: number
  core_charge: number | null
  vendor_tm_id: number | null
  vendor_name: string | null
}

export interface LaborFields {
  line_no: number
  tm_id: number | null
  name: string | null
  hours: number
  /** Cents per hour. */
  rate: number
  total: number
  complete: boolean | null
  technician_tm_id: number | null
  technician_name: string | null
  /** The technician's own rate as this line carries it, cents per hour; SQL picks the fallback when null. */
  technician_hourly_rate: number | null
}

export interface SubletFields {
  line_no: number
  tm_id: number | null
  name: string | null
  description: string | null
  vendor_name: string | null
  cost: number
  retail: number
  invoice_number: string | null
  po_number: string | null
  /** RO-level sublets carry their own flag; a job's sublet follows its job (null here). */
  authorized: boolean | null
}

export interface FeeFields {
  line_no: number
  name: string | null
  fee_type: 'shop_supplies' | 'environmental' | 'disposal' | 'hazmat' | 'other'
  amount: number | null
  /** Percent as TM sends it (12.5 = 12.5 %). */
  percentage: number | null
  cap: number | null
  taxable: boolean | null
  total: number
}

export interface RepairOrderBundle {
  repair_order: RepairOrderFields
  customer: CustomerFields | null
  vehicle: VehicleFields | null
  employees: EmployeeMention[]
  jobs: JobFields[]
  /** RO-level sublets (`job_id` NULL). */
  sublets: SubletFields[]
  /** RO-level fees; null when the estimate had no `fees` key, [] when it had an empty list. */
  fees: FeeFields[] | null
  /** SHA-256 hex over the canonical JSON of everything above except rates that TM recomputes (see normalize). */
  content_hash: string
  /** When this read of TM began, by the reader's clock. Orders reads whose `updated_date` is equal. */
  fetched_at: string
}
