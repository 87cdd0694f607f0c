// What the oracle looks at: every compared column of every table with the kind of value it holds. A table's columns
// that are missing here are keys, links (compared by their TM ids) or bookkeeping.

/**
 * How text from Postgres and an expected value are brought to one form:
 * `int` cents, counts and ids; `decimal` millionths; `percent` hundredths; `instant` microseconds since the epoch;
 * `date` and `text` as they are (an empty text is null); `flag` true, false or null; `texts` joined by blanks (none is null).
 */
export type Kind = 'int' | 'decimal' | 'percent' | 'instant' | 'date' | 'text' | 'flag' | 'texts'
export type Value = bigint | string | boolean | null
export type Row = Readonly<Record<string, Value>>
export type Columns = Readonly<Record<string, Kind>>

const all = <K extends string>(kind: Kind, names: readonly K[]): Record<K, Kind> =>
  Object.fromEntries(names.map((name) => [name, kind])) as Record<K, Kind>

export const REPAIR_ORDER: Columns = {
  ro_number: 'int',
  status: 'text',
  status_id: 'int',
  ...all('int', ['customer_tm_id', 'vehicle_tm_id', 'service_advisor_tm_id']),
  ...all('instant', ['created_date', 'updated_date', 'promised_date', 'dropped_off_date', 'picked_up_date']),
  ...all('date', ['posted_date', 'completed_date']),
  ...all('int', ['potential_total', 'authorized_total', 'potential_job_count', 'authorized_job_count']),
  ...all('int', ['potential_parts', 'potential_labor', 'potential_sublet']),
  ...all('int', ['authorized_parts', 'authorized_labor', 'authorized_sublet', 'authorized_fees']),
  ...all('int', ['authorized_discount', 'authorized_tax']),
  ...all('int', ['authorized_revenue', 'authorized_cost', 'authorized_profit']),
  ...all('percent', ['authorized_gp_percent', 'tm_reported_gp_percent']),
  authorized_labor_hours: 'decimal',
  ...all('int', ['amount_paid', 'balance_due']),
  ...all('decimal', ['miles_in', 'miles_out']),
  notes: 'text',
}

export const JOB: Columns = {
  ...all('text', ['name', 'description', 'note', 'category']),
  ...all('flag', ['authorized', 'declined', 'selected', 'archived']),
  authorized_date: 'instant',
  ...all('int', ['sort_order', 'total', 'discount', 'tax', 'parts_total', 'parts_cost', 'labor_total']),
  labor_hours: 'decimal',
}

export const PART: Columns = {
  tm_id: 'int',
  ...all('text', ['name', 'brand', 'part_number', 'description', 'vendor_name']),
  quantity: 'decimal',
  ...all('int', ['cost', 'retail', 'total', 'vendor_tm_id']),
}

export const LABOR: Columns = {
  tm_id: 'int',
  name: 'text',
  hours: 'decimal',
  ...all('int', ['rate', 'total', 'technician_tm_id', 'tech_hourly_cost', 'labor_cost']),
  complete: 'flag',
  rate_source: 'text',
}

export const SUBLET: Columns = {
  tm_id: 'int',
  ...all('text', ['name', 'vendor_name']),
  ...all('int', ['cost', 'retail']),
  authorized: 'flag',
}

export const FEE: Columns = {
  ...all('text', ['name', 'fee_type']),
  ...all('int', ['amount', 'cap', 'total']),
  percentage: 'decimal',
  taxable: 'flag',
}

/** The figures of one RO that a day sums up. */
export const SUMMED: Columns = {
  ...all('int', ['authorized_revenue', 'authorized_cost', 'authorized_profit', 'authorized_total']),
  ...all('int', ['authorized_job_count', 'parts_revenue', 'parts_cost', 'labor_revenue', 'labor_cost']),
  labor_hours: 'decimal',
  ...all('int', ['estimated_labor_cost', 'sublet_revenue', 'sublet_cost', 'fees_total', 'discount_total']),
  ...all('int', ['tax_total', 'net_sales', 'net_profit', 'potential_revenue', 'potential_job_count']),
  ...all('int', ['declined_revenue', 'pending_revenue', 'potential_total', 'unassigned_labor_revenue']),
  unassigned_labor_hours: 'decimal',
}

export const SNAPSHOT: Columns = {
  ...SUMMED,
  ro_number: 'int',
  ro_status: 'text',
  service_advisor_tm_id: 'int',
  calculation_method: 'text',
  ...all('percent', ['authorized_gp_percent', 'tm_reported_gp_percent', 'variance_percent']),
  variance_reason: 'text',
}

export const SHOP_DAY: Columns = {
  ...all('int', ['ro_count', 'ro_posted_count', 'ro_completed_count', 'source_snapshot_count']),
  ...SUMMED,
  authorized_gp_percent: 'percent',
  ...all('int', ['avg_ro_value', 'avg_ro_profit', 'avg_labor_rate', 'gp_per_labor_hour']),
  ...all('int', ['gross_profit_per_labor_hour', 'sales_per_labor_hour']),
  authorization_rate: 'percent',
}

export const TECHNICIAN_DAY: Columns = {
  hours_billed: 'decimal',
  ...all('int', ['labor_revenue', 'labor_cost', 'labor_profit', 'estimated_labor_cost', 'gp_per_hour']),
  gp_percent: 'percent',
  ...all('int', ['avg_retail_rate', 'avg_cost_rate', 'jobs_worked', 'ros_worked']),
  ...all('int', ['rate_sources.assigned', 'rate_sources.shop_avg', 'rate_sources.default']),
}

export const ADVISOR_DAY: Columns = {
  ...all('int', ['ro_count', 'authorized_revenue', 'authorized_cost', 'authorized_profit', 'avg_ro_value']),
  estimated_labor_cost: 'int',
  authorized_gp_percent: 'percent',
  labor_hours: 'decimal',
  potential_revenue: 'int',
  authorization_rate: 'percent',
}

export const CUSTOMER: Columns = {
  ...all('text', ['first_name', 'last_name', 'company_name']),
  email: 'texts',
  ...all('text', ['phone_primary', 'phone_primary_type', 'phone_secondary', 'phone_secondary_type']),
  ...all('text', ['address1', 'city', 'state', 'zip', 'country', 'customer_type', 'notes']),
  customer_type_id: 'int',
  ...all('flag', ['tax_exempt', 'ok_for_marketing', 'is_placeholder']),
  tm_updated_at: 'instant',
}

export const VEHICLE: Columns = {
  ...all('int', ['customer_tm_id', 'year', 'make_id', 'model_id']),
  ...all('text', ['make', 'model', 'sub_model', 'engine', 'vin', 'license_plate', 'license_state']),
  ...all('text', ['unit_number', 'color']),
  odometer: 'decimal',
  is_placeholder: 'flag',
  tm_updated_at: 'instant',
}
