// Writes an RO with its lines straight into the tables, so that metric functions are tested without the sync.
// Everything a spec leaves out gets an unremarkable value. Money in cents.
import type pg from 'pg'

export interface PartSpec {
  readonly quantity?: number
  readonly cost?: number
  readonly total: number
}

export interface LaborSpec {
  readonly hours: number
  readonly total: number
  readonly cost?: number
  readonly source?: 'assigned' | 'shop_avg' | 'default'
  readonly technician?: string | null
}

export interface SubletSpec {
  readonly retail: number
  readonly cost: number
  readonly authorized?: boolean | null
}

export interface JobSpec {
  readonly authorized: boolean | null
  readonly archived?: boolean | null
  readonly discount?: number | null
  readonly tax?: number | null
  readonly parts?: readonly PartSpec[]
  readonly labor?: readonly LaborSpec[]
  readonly sublets?: readonly SubletSpec[]
  readonly fees?: readonly number[]
}

export interface RepairOrderSpec {
  readonly ro: number
  readonly statusId: number
  readonly posted?: string | null
  readonly completed?: string | null
  readonly deleted?: boolean
  readonly advisor?: string | null
  readonly customerName?: string
  /** What `/profit/labor` said; left out, TM agrees with the lines. `null`: it answered 404. */
  readonly profit?: { revenue: number; cost: number; profit: number; percent: number | null } | null
  readonly jobs?: readonly JobSpec[]
  readonly sublets?: readonly SubletSpec[]
  /** RO-level fees; `null` when the estimate had no list. */
  readonly roFees?: readonly number[] | null
  readonly feesTotal?: number | null
  readonly roDiscount?: number | null
  readonly discountTotal?: number | null
  readonly authorizedTotal?: number | null
  readonly potentialTotal?: number | null
}

export type Row = Record<string, unknown>

const statusCodes = [
  '',
  'ESTIMATE',
  'WORKINPROGRESS',
  'COMPLETE',
  'SAVEDFORLATER',
  'POSTED',
  'ACCRECV',
  'DELETED',
]

/** Inserts one row and answers its id. */
export const insert = async (client: pg.Client, table: string, row: Row): Promise<string> => {
  const columns = Object.keys(row)
  const result = await client.query<{ id: string }>(
    `insert into public.${table} (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')}) returning id`,
    Object.values(row),
  )
  return result.rows[0]?.id ?? ''
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** What TM would report for the authorized jobs when it agrees with the lines. */
const agreedProfit = (spec: RepairOrderSpec): NonNullable<RepairOrderSpec['profit']> | null => {
  const jobs = (spec.jobs ?? []).filter((job) => job.authorized === true)
  if (jobs.length === 0) return null
  const sublets = [
    ...jobs.flatMap((job) => job.sublets ?? []),
    ...(spec.sublets ?? []).filter((sublet) => sublet.authorized === true),
  ]
  const parts = jobs.flatMap((job) => job.parts ?? [])
  const labor = jobs.flatMap((job) => job.labor ?? [])
  const revenue =
    sum([...parts, ...labor].map((line) => line.total)) + sum(sublets.map((line) => line.retail))
  const cost =
    sum(parts.map((part) => Math.round((part.quantity ?? 1) * (part.cost ?? 0)))) +
    sum(labor.map((line) => line.cost ?? 0)) +
    sum(sublets.map((line) => line.cost))
  const profit = revenue - cost
  const percent = revenue === 0 ? null : Math.round((10_000 * profit) / revenue) / 100
  return { revenue, cost, profit, percent }
}

const headerOf = (shopId: string, spec: RepairOrderSpec): Row => {
  const profit = spec.profit === undefined ? agreedProfit(spec) : spec.profit
  return {
    shop_id: shopId,
    tm_id: spec.ro,
    ro_number: spec.ro,
    status_id: spec.statusId,
    status: statusCodes[spec.statusId],
    posted_date: spec.posted ?? null,
    completed_date: spec.completed ?? null,
    deleted_at: spec.deleted === true ? '2026-01-01T00:00:00Z' : null,
    service_advisor_id: spec.advisor ?? null,
    customer_name: spec.customerName ?? 'Sample Customer',
    vehicle_description: '2018 Honda CR-V',
    authorized_revenue: profit?.revenue ?? null,
    authorized_cost: profit?.cost ?? null,
    authorized_profit: profit?.profit ?? null,
    tm_reported_gp_percent: profit?.percent ?? null,
    calculation_method: spec.profit === null ? 'LINE_ITEMS' : 'TRUE_GP',
    authorized_total: spec.authorizedTotal ?? null,
    potential_total: spec.potentialTotal ?? null,
    fees_total: spec.feesTotal ?? null,
    ro_fees_known: spec.roFees !== null,
    ro_discount: spec.roDiscount ?? null,
    discount_total: spec.discountTotal ?? null,
    fetched_at: '2026-01-01T00:00:00Z',
    snapshot_stale: true,
    stale_since: '2026-01-01T00:00:00Z',
  }
}

const writeJob = async (
  client: pg.Client,
  owner: { shop_id: string; repair_order_id: string; tm_id: number },
  job: JobSpec,
): Promise<void> => {
  const jobId = await insert(client, 'jobs', {
    ...owner,
    authorized: job.authorized,
    archived: job.archived ?? null,
    discount: job.discount ?? null,
    tax: job.tax === undefined ? 0 : job.tax,
  })
  const { tm_id: _, ...ids } = owner
  for (const [line_no, part] of (job.parts ?? []).entries()) {
    const { quantity = 1, cost = 0, total } = part
    await insert(client, 'job_parts', {
      ...ids,
      job_id: jobId,
      line_no,
      quantity,
      cost,
      retail: total,
      total,
    })
  }
  for (const [line_no, labor] of (job.labor ?? []).entries()) {
    await insert(client, 'job_labor', {
      ...ids,
      job_id: jobId,
      line_no,
      hours: labor.hours,
      rate: 0,
      total: labor.total,
      technician_id: labor.technician ?? null,
      tech_hourly_cost: 0,
      labor_cost: labor.cost ?? 0,
      rate_source: labor.source ?? 'assigned',
    })
  }
  for (const [line_no, sublet] of (job.sublets ?? []).entries())
    await insert(client, 'job_sublets', { ...ids, job_id: jobId, line_no, ...sublet })
  for (const [line_no, total] of (job.fees ?? []).entries())
    await insert(client, 'job_fees', { ...ids, job_id: jobId, line_no, fee_type: 'other', total })
}

const replaceLines = async (client: pg.Client, shopId: string, roId: string, spec: RepairOrderSpec) => {
  for (const table of ['jobs', 'job_sublets', 'job_fees'])
    await client.query(`delete from public.${table} where repair_order_id = $1`, [roId])
  const ids = { shop_id: shopId, repair_order_id: roId }
  for (const [index, job] of (spec.jobs ?? []).entries())
    await writeJob(client, { ...ids, tm_id: spec.ro * 100 + index }, job)
  for (const [line_no, sublet] of (spec.sublets ?? []).entries())
    await insert(client, 'job_sublets', { ...ids, line_no, ...sublet })
  for (const [line_no, total] of (spec.roFees ?? []).entries())
    await insert(client, 'job_fees', { ...ids, line_no, fee_type: 'other', total })
}

/** Writes or rewrites an RO with all its lines; answers its UUID. The caller has begun a transaction. */
export const writeRepairOrder = async (
  client: pg.Client,
  shopId: string,
  spec: RepairOrderSpec,
): Promise<string> => {
  const header = headerOf(shopId, spec)
  const columns = Object.keys(header)
  const written = await client.query<{ id: string }>(
    `insert into public.repair_orders (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')})
     on conflict (shop_id, tm_id) do update
        set ${columns.map((name) => `${name} = excluded.${name}`).join(', ')}
     returning id`,
    Object.values(header),
  )
  const id = written.rows[0]?.id ?? ''
  await replaceLines(client, shopId, id, spec)
  return id
}

/** The same in a transaction of its own. */
export const putRepairOrder = async (
  client: pg.Client,
  shopId: string,
  spec: RepairOrderSpec,
): Promise<string> => {
  await client.query('begin')
  const id = await writeRepairOrder(client, shopId, spec)
  await client.query('commit')
  return id
}

/** A job of 100.00 parts (cost 40.00), one hour of labor at 50.00 (cost 20.00). */
export const sampleJob = (authorized: boolean | null, more: Partial<JobSpec> = {}): JobSpec => ({
  authorized,
  parts: [{ cost: 4000, total: 10_000 }],
  labor: [{ hours: 1, total: 5000, cost: 2000 }],
  ...more,
})
