// The baseline: what the requester's first version did. One RO at a time; for each row a select, then an upsert, over HTTP.
// It uses the same API, tables and connection as the pipeline, under a shop of its own, and computes no metrics.
import { createClient, type SupabaseClient } from '@supabase/supabase-js'
import type { JobFields, RepairOrderBundle } from '../src/core/warehouse/bundle.ts'
import { normalizeRepairOrder } from '../src/core/tekmetric/normalize.ts'
import type { Program } from '../src/program.ts'

export interface BaselineOptions {
  readonly program: Program
  readonly shop: number
  readonly count: number
}

export interface BaselineResult {
  readonly ros: number
  readonly perSecond: number
  readonly roundTripsPerRo: number
}

const BASELINE_SHOP = 999

/** Node 20 has no WebSocket and the client refuses to start without one, although nothing subscribes here. */
class NoRealtime {}

export const runBaseline = async ({ program, shop, count }: BaselineOptions): Promise<BaselineResult> => {
  const { services, connections } = program
  const { url, serviceKey } = connections.warehouse
  const db = createClient(url, serviceKey, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: NoRealtime as never },
  })
  const { shopId } = await services.warehouse.shops.ensure({ tmId: BASELINE_SHOP, name: 'baseline' })
  const ros = await someRepairOrders(program, shop, count)
  const writer = rowWriter(db)
  const startedAt = performance.now()
  for (const ro of ros) {
    const read = await services.tekmetric.readRepairOrder({ shopTmId: shop, ro, lane: 'backfill' })
    if (read.kind === 'found') await writeRepairOrder(writer, shopId, normalizeRepairOrder(read))
  }
  const seconds = (performance.now() - startedAt) / 1000
  return {
    ros: ros.length,
    perSecond: ros.length / seconds,
    roundTripsPerRo: writer.roundTrips() / ros.length,
  }
}

const someRepairOrders = async ({ services }: Program, shop: number, count: number): Promise<number[]> => {
  const ros: number[] = []
  for await (const page of services.tekmetric.boardPages({
    shopTmId: shop,
    board: 'POSTED',
    lane: 'backfill',
  }))
    ros.push(...page.rows.map((row) => row.ro))
  return ros.slice(0, count)
}

type Row = Record<string, unknown>

const rowWriter = (db: SupabaseClient) => {
  let trips = 0
  /** The first version's pattern: look for the row, then insert or update it. @returns its id */
  const put = async (table: string, key: Row, row: Row): Promise<string> => {
    trips += 2
    const found = await db.from(table).select('id').match(key).maybeSingle()
    if (found.error) throw found.error
    const id = (found.data as { id: string } | null)?.id
    const all = { ...key, ...row }
    const query = id === undefined ? db.from(table).insert(all) : db.from(table).update(all).eq('id', id)
    const written = await query.select('id').single()
    if (written.error) throw written.error
    return (written.data as { id: string }).id
  }
  return { put, roundTrips: () => trips }
}
type Writer = ReturnType<typeof rowWriter>

const writeRepairOrder = async (writer: Writer, shopId: string, bundle: RepairOrderBundle): Promise<void> => {
  const { repair_order: ro, customer, vehicle } = bundle
  if (customer)
    await writer.put(
      'customers',
      { shop_id: shopId, tm_id: customer.tm_id },
      { first_name: customer.first_name, last_name: customer.last_name },
    )
  if (vehicle)
    await writer.put(
      'vehicles',
      { shop_id: shopId, tm_id: vehicle.tm_id },
      { year: vehicle.year, make: vehicle.make, model: vehicle.model },
    )
  const id = await writer.put(
    'repair_orders',
    { shop_id: shopId, tm_id: ro.tm_id },
    {
      ro_number: ro.ro_number,
      status: ro.status,
      status_id: ro.status_id,
      potential_total: ro.potential_total,
      authorized_total: ro.authorized_total,
      authorized_revenue: ro.authorized_revenue,
      authorized_cost: ro.authorized_cost,
      authorized_profit: ro.authorized_profit,
      fetched_at: bundle.fetched_at,
      content_hash: bundle.content_hash,
    },
  )
  const owner = { shop_id: shopId, repair_order_id: id }
  for (const job of bundle.jobs) await writeJob(writer, owner, job)
}

const writeJob = async (writer: Writer, owner: Row, job: JobFields): Promise<void> => {
  const jobId = await writer.put(
    'jobs',
    { ...owner, tm_id: job.tm_id },
    { name: job.name, authorized: job.authorized, total: job.total, subtotal: job.subtotal },
  )
  const line = { ...owner, job_id: jobId }
  for (const { line_no, name, quantity, cost, retail, total } of job.parts)
    await writer.put('job_parts', { ...line, line_no }, { name, quantity, cost, retail, total })
  for (const { line_no, name, hours, rate, total } of job.labor)
    await writer.put(
      'job_labor',
      { ...line, line_no },
      {
        name,
        hours,
        rate,
        total,
        tech_hourly_cost: 2500,
        labor_cost: Math.round(hours * 2500),
        rate_source: 'default',
      },
    )
  for (const { line_no, name, fee_type, total } of job.fees)
    await writer.put('job_fees', { ...line, line_no }, { name, fee_type, total })
}
