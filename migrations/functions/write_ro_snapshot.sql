-- Writes the snapshot of one RO under its key (shop, RO, date, trigger), reviving a withdrawn one.
-- Returns the row when something was written, NULL when the stored row already says the same.
-- Called by refresh_ro_snapshot, which holds the RO's row lock. Manual snapshots are never counted.
create or replace function public.write_ro_snapshot(
  p_ro public.repair_orders,
  p_date date,
  p_trigger text
)
returns public.ro_snapshots
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into public.ro_snapshots as s (
    shop_id, repair_order_id, ro_tm_id, snapshot_date, snapshot_trigger, counted, superseded_at,
    ro_number, ro_status, customer_name, vehicle_description, service_advisor_id, service_advisor_tm_id,
    service_advisor_name,
    authorized_revenue, authorized_cost, authorized_profit, authorized_gp_percent, tm_reported_gp_percent,
    authorized_job_count, authorized_total, parts_revenue, parts_cost, labor_revenue, labor_hours, labor_cost,
    estimated_labor_cost, sublet_revenue, sublet_cost, fees_total, discount_total, tax_total, net_sales,
    net_profit, potential_revenue, potential_job_count, declined_revenue, pending_revenue, potential_total,
    unassigned_labor_hours, unassigned_labor_revenue, calculation_method, variance_percent, variance_reason,
    technician_labor, metric_hash
  )
  select p_ro.shop_id, p_ro.id, p_ro.tm_id, p_date, p_trigger, p_trigger <> 'manual', null,
         p_ro.ro_number, p_ro.status, p_ro.customer_name, p_ro.vehicle_description, p_ro.service_advisor_id,
         p_ro.service_advisor_tm_id, p_ro.service_advisor_name,
         m.authorized_revenue, m.authorized_cost, m.authorized_profit, m.authorized_gp_percent,
         m.tm_reported_gp_percent, m.authorized_job_count, m.authorized_total, m.parts_revenue, m.parts_cost,
         m.labor_revenue, m.labor_hours, m.labor_cost, m.estimated_labor_cost, m.sublet_revenue, m.sublet_cost,
         m.fees_total, m.discount_total, m.tax_total, m.net_sales, m.net_profit, m.potential_revenue,
         m.potential_job_count, m.declined_revenue, m.pending_revenue, m.potential_total,
         m.unassigned_labor_hours, m.unassigned_labor_revenue, m.calculation_method, m.variance_percent,
         m.variance_reason, m.technician_labor, p_ro.metric_hash
    from public.ro_metrics(p_ro.id) m
  on conflict (shop_id, repair_order_id, snapshot_date, snapshot_trigger) do update set
    ro_tm_id = excluded.ro_tm_id,
    counted = excluded.counted,
    superseded_at = null,
    ro_number = excluded.ro_number,
    ro_status = excluded.ro_status,
    customer_name = excluded.customer_name,
    vehicle_description = excluded.vehicle_description,
    service_advisor_id = excluded.service_advisor_id,
    service_advisor_tm_id = excluded.service_advisor_tm_id,
    service_advisor_name = excluded.service_advisor_name,
    authorized_revenue = excluded.authorized_revenue,
    authorized_cost = excluded.authorized_cost,
    authorized_profit = excluded.authorized_profit,
    authorized_gp_percent = excluded.authorized_gp_percent,
    tm_reported_gp_percent = excluded.tm_reported_gp_percent,
    authorized_job_count = excluded.authorized_job_count,
    authorized_total = excluded.authorized_total,
    parts_revenue = excluded.parts_revenue,
    parts_cost = excluded.parts_cost,
    labor_revenue = excluded.labor_revenue,
    labor_hours = excluded.labor_hours,
    labor_cost = excluded.labor_cost,
    estimated_labor_cost = excluded.estimated_labor_cost,
    sublet_revenue = excluded.sublet_revenue,
    sublet_cost = excluded.sublet_cost,
    fees_total = excluded.fees_total,
    discount_total = excluded.discount_total,
    tax_total = excluded.tax_total,
    net_sales = excluded.net_sales,
    net_profit = excluded.net_profit,
    potential_revenue = excluded.potential_revenue,
    potential_job_count = excluded.potential_job_count,
    declined_revenue = excluded.declined_revenue,
    pending_revenue = excluded.pending_revenue,
    potential_total = excluded.potential_total,
    unassigned_labor_hours = excluded.unassigned_labor_hours,
    unassigned_labor_revenue = excluded.unassigned_labor_revenue,
    calculation_method = excluded.calculation_method,
    variance_percent = excluded.variance_percent,
    variance_reason = excluded.variance_reason,
    technician_labor = excluded.technician_labor,
    metric_hash = excluded.metric_hash,
    updated_at = now()
  where to_jsonb(s) - array['id', 'created_at', 'updated_at']
        is distinct from to_jsonb(excluded) - array['id', 'created_at', 'updated_at']
  returning s
$$;

comment on function public.write_ro_snapshot(public.repair_orders, date, text) is
  'Upserts the snapshot of one RO; NULL when the stored row already says the same. Part of refresh_ro_snapshot.';

revoke execute on function public.write_ro_snapshot(public.repair_orders, date, text)
  from public, anon, authenticated;
grant execute on function public.write_ro_snapshot(public.repair_orders, date, text) to service_role;
