// A shop's years, generated set-based in SQL: a statement per table, whatever the number of ROs. Figures are made up but
// add up (revenue = parts + labor + sublet, profit = revenue - cost), the same for the same numbers.
// With lines an RO has what one has on average: 8.5 jobs, 10.5 parts, 9 labor lines; its snapshot is then built by the
// product. Without lines snapshots are written directly: everything that reads days, snapshots and RO headers finds what
// it reads, at a tenth of the time and space. Posted dates run evenly over the window; the last 40 ROs are open.
import type pg from 'pg'

export interface GeneratedShop {
  readonly tmId: number
  readonly repairOrders: number
  /** First and last shop-local day. */
  readonly from: string
  readonly to: string
  readonly lines: boolean
}

const TIME_ZONE = 'America/New_York'
const PEOPLE = 10

const SHOP = `
  insert into shops (tm_id, name, timezone) values ($1::bigint, 'bench ' || $1::bigint, '${TIME_ZONE}') returning id`

/** Six technicians, four advisors. */
const EMPLOYEES = `
  insert into employees (shop_id, tm_id, first_name, last_name, role, status, hourly_rate, can_perform_work)
  select $1, $2::bigint * 100 + k, 'Person', k::text, case when k <= 6 then 3 else 2 end, 'ACTIVE',
         case when k <= 5 then 3000 + k * 200 end, k <= 6
    from generate_series(1, ${PEOPLE}) k`

const REPAIR_ORDERS = `
  insert into repair_orders (
    shop_id, tm_id, ro_number, status, status_id, customer_name, vehicle_description, service_advisor_id,
    service_advisor_tm_id, service_advisor_name, created_date, updated_date, posted_at, completed_at, posted_date,
    completed_date, potential_total, authorized_total, authorized_revenue, authorized_cost, authorized_profit,
    tm_reported_gp_percent, ro_discount, content_hash, metric_hash, fetched_at, deleted_at, authorized_job_count,
    authorized_parts, authorized_labor, authorized_labor_hours, potential_job_count, potential_parts, potential_labor,
    potential_sublet, authorized_sublet)
  select $1, $2::bigint * 10000000 + i, i, (array['ESTIMATE','WORKINPROGRESS','COMPLETE','','POSTED','ACCRECV','DELETED'])[status_id],
         status_id, 'Customer ' || i % 900, '2018 Honda CR-V', e.id, e.tm_id, 'Person ' || advisor, at - interval '2 days', at,
         case when status_id in (5, 6) then at end, case when status_id in (3, 5, 6) then at end,
         case when status_id in (5, 6) then day end, case when status_id in (3, 5, 6) then day end,
         revenue * 5 / 4, revenue, revenue, revenue * 2 / 5, revenue - revenue * 2 / 5, 60, i % 9 * 100, 'h' || i, 'm' || i, at,
         case when status_id = 7 then at end, 5, revenue / 2, revenue - revenue / 2, (revenue / 20000.0)::numeric(8,2), 8,
         revenue * 5 / 8, revenue * 5 / 8, 0, 0
    from (
      select i, $4::date + ((i - 1)::bigint * $5 / $3)::integer as day,
             case when i > $3 - 40 then i % 2 + 1 when i % 50 = 0 then 7 when i % 33 = 0 then 3 when i % 12 = 0 then 6 else 5 end as status_id,
             20000 + (i * 7919::bigint % 120000)::integer as revenue, 7 + i % 4 as advisor
        from generate_series(1, $3::integer) i
    ) g
   cross join lateral (select (day + time '09:00' + i % 9 * interval '1 hour') at time zone '${TIME_ZONE}' as at) t
    join employees e on e.shop_id = $1 and e.tm_id = $2::bigint * 100 + advisor`

/** Jobs 1-5 approved, 6-7 declined, the rest undecided. */
const JOBS = `
  insert into jobs (shop_id, repair_order_id, tm_id, name, authorized, archived, discount, tax, sort_order)
  select r.shop_id, r.id, r.tm_id * 10 + j, 'Job ' || j, case when j <= 5 then true when j <= 7 then false end, false, 0, 0, j
    from repair_orders r cross join generate_series(1, 9) j
   where r.shop_id = $1 and j <= 8 + r.ro_number % 2`

const PARTS = `
  insert into job_parts (shop_id, repair_order_id, job_id, line_no, name, quantity, cost, retail, total)
  select j.shop_id, j.repair_order_id, j.id, n, 'Part', 1, 900 + j.tm_id % 4000, 1500 + j.tm_id % 9000, 1500 + j.tm_id % 9000
    from jobs j cross join generate_series(1, 2) n
   where j.shop_id = $1 and (n = 1 or j.sort_order <= 2)`

const LABOR = `
  insert into job_labor (
    shop_id, repair_order_id, job_id, line_no, name, hours, rate, total, technician_id, technician_tm_id, technician_name,
    tech_hourly_cost, labor_cost, rate_source)
  select j.shop_id, j.repair_order_id, j.id, 1, 'Labor', h.hours, 15000, round(h.hours * 15000), e.id, e.tm_id, 'Person',
         coalesce(e.hourly_rate, 3600), round(h.hours * coalesce(e.hourly_rate, 3600)),
         case when e.hourly_rate is null then 'shop_avg' else 'assigned' end
    from jobs j
   cross join lateral (select 0.25 * (1 + j.tm_id % 8) as hours) h
    left join employees e on e.shop_id = $1 and e.tm_id = $2::bigint * 100 + 1 + j.tm_id % 8 and e.can_perform_work
   where j.shop_id = $1`

/** TM agrees with the lines. */
const PROFIT = `
  update repair_orders r
     set authorized_revenue = m.parts_revenue + m.labor_revenue, authorized_cost = m.parts_cost + m.labor_cost,
         authorized_profit = m.parts_revenue + m.labor_revenue - m.parts_cost - m.labor_cost,
         snapshot_stale = r.status_id in (3, 5, 6), stale_since = case when r.status_id in (3, 5, 6) then now() end
    from repair_orders o cross join lateral ro_metrics(o.id) m
   where r.shop_id = $1 and o.id = r.id`

const SNAPSHOTS = `
  insert into ro_snapshots (
    shop_id, repair_order_id, ro_tm_id, snapshot_date, snapshot_trigger, counted, ro_number, ro_status, customer_name,
    vehicle_description, service_advisor_id, service_advisor_tm_id, service_advisor_name, calculation_method,
    authorized_revenue, authorized_cost, authorized_profit, authorized_total, authorized_job_count, parts_revenue, parts_cost,
    labor_revenue, labor_hours, labor_cost, estimated_labor_cost, sublet_revenue, sublet_cost, fees_total, discount_total,
    tax_total, net_sales, net_profit, potential_revenue, potential_job_count, declined_revenue, pending_revenue,
    potential_total, authorized_gp_percent, tm_reported_gp_percent, variance_percent, technician_labor, metric_hash)
  select r.shop_id, r.id, r.tm_id, coalesce(r.posted_date, r.completed_date),
         case when r.posted_date is null then 'completed' else 'posted' end, true, r.ro_number, r.status, r.customer_name,
         r.vehicle_description, r.service_advisor_id, r.service_advisor_tm_id, r.service_advisor_name, 'TRUE_GP',
         r.authorized_revenue, r.authorized_cost, r.authorized_profit, r.authorized_total, 5, r.authorized_parts,
         r.authorized_cost / 2, r.authorized_labor, r.authorized_labor_hours, r.authorized_cost - r.authorized_cost / 2,
         0, 0, 0, 0, r.ro_discount, 0,
         r.authorized_revenue - r.ro_discount, r.authorized_profit - r.ro_discount, r.authorized_revenue * 5 / 4, 8,
         r.authorized_revenue * 5 / 4 - r.authorized_revenue, 0, r.potential_total, 60, 60, 0,
         jsonb_build_array(jsonb_build_object(
           'technician_id', e.id, 'hours', r.authorized_labor_hours, 'revenue', r.authorized_labor,
           'cost', r.authorized_cost - r.authorized_cost / 2, 'estimated_cost', 0, 'jobs', 5, 'assigned', 5, 'shop_avg', 0, 'default', 0)),
         r.metric_hash
    from repair_orders r
    join employees e on e.shop_id = $1 and e.tm_id = $2::bigint * 100 + 1 + r.ro_number % 6
   where r.shop_id = $1 and r.status_id in (3, 5, 6)`

const READS = `
  insert into repair_order_reads (repair_order_id, shop_id, fetched_at)
  select id, shop_id, fetched_at from repair_orders where shop_id = $1`

const dayCount = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1

/**
 * Everything of a shop but its days. With lines its ROs are marked stale, for the product to build their snapshots.
 * @returns the shop's UUID
 */
export const generateShop = async (client: pg.Client, shop: GeneratedShop): Promise<string> => {
  const { tmId, repairOrders, from, to, lines } = shop
  const { rows } = await client.query<{ id: string }>(SHOP, [tmId])
  const shopId = rows[0]?.id ?? ''
  const owner = [shopId, tmId]
  await client.query(EMPLOYEES, owner)
  await client.query(REPAIR_ORDERS, [...owner, repairOrders, from, dayCount(from, to)])
  await client.query(READS, [shopId])
  if (!lines) {
    await client.query(SNAPSHOTS, owner)
    return shopId
  }
  await client.query(JOBS, [shopId])
  await client.query(PARTS, [shopId])
  await client.query(LABOR, owner)
  await client.query('analyze repair_orders, jobs, job_parts, job_labor')
  await client.query(PROFIT, [shopId])
  return shopId
}
