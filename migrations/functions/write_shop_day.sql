-- Writes the shop's row of one day as the sums of its counted snapshots, or deletes it when there are none.
-- Ratios come from the sums (sales_ratios, labor_ratios), never from per-RO ratios.
-- A row that already says the same is left alone. Called by refresh_daily_metrics under the day's lock.
create or replace function public.write_shop_day(p_shop_id uuid, p_date date, p_snapshots public.ro_snapshots[])
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  delete from public.daily_shop_metrics m
   where m.shop_id = p_shop_id and m.metric_date = p_date and coalesce(cardinality(p_snapshots), 0) = 0;

  with day as (
    select count(*) as ro_count,
           count(*) filter (where s.snapshot_trigger = 'posted') as ro_posted_count,
           count(*) filter (where s.snapshot_trigger = 'completed') as ro_completed_count,
           coalesce(sum(s.authorized_revenue), 0) as authorized_revenue,
           coalesce(sum(s.authorized_cost), 0) as authorized_cost,
           coalesce(sum(s.authorized_profit), 0) as authorized_profit,
           coalesce(sum(s.authorized_job_count), 0) as authorized_job_count,
           coalesce(sum(s.authorized_total), 0) as authorized_total,
           coalesce(sum(s.parts_revenue), 0) as parts_revenue,
           coalesce(sum(s.parts_cost), 0) as parts_cost,
           coalesce(sum(s.labor_revenue), 0) as labor_revenue,
           coalesce(sum(s.labor_hours), 0) as labor_hours,
           coalesce(sum(s.labor_cost), 0) as labor_cost,
           coalesce(sum(s.estimated_labor_cost), 0) as estimated_labor_cost,
           coalesce(sum(s.sublet_revenue), 0) as sublet_revenue,
           coalesce(sum(s.sublet_cost), 0) as sublet_cost,
           coalesce(sum(s.fees_total), 0) as fees_total,
           coalesce(sum(s.discount_total), 0) as discount_total,
           coalesce(sum(s.tax_total), 0) as tax_total,
           coalesce(sum(s.net_sales), 0) as net_sales,
           coalesce(sum(s.net_profit), 0) as net_profit,
           coalesce(sum(s.potential_revenue), 0) as potential_revenue,
           coalesce(sum(s.potential_job_count), 0) as potential_job_count,
           coalesce(sum(s.declined_revenue), 0) as declined_revenue,
           coalesce(sum(s.pending_revenue), 0) as pending_revenue,
           coalesce(sum(s.potential_total), 0) as potential_total,
           coalesce(sum(s.unassigned_labor_hours), 0) as unassigned_labor_hours,
           coalesce(sum(s.unassigned_labor_revenue), 0) as unassigned_labor_revenue
      from unnest(p_snapshots) s
  )
  insert into public.daily_shop_metrics as m (
    shop_id, metric_date, ro_count, ro_posted_count, ro_completed_count, source_snapshot_count,
    authorized_revenue, authorized_cost, authorized_profit, authorized_gp_percent, authorized_job_count,
    authorized_total, parts_revenue, parts_cost, labor_revenue, labor_hours, labor_cost, estimated_labor_cost,
    sublet_revenue, sublet_cost, fees_total, discount_total, tax_total, net_sales, net_profit,
    potential_revenue, potential_job_count, declined_revenue, pending_revenue, potential_total,
    avg_ro_value, avg_ro_profit, avg_labor_rate, gp_per_labor_hour, gross_profit_per_labor_hour,
    sales_per_labor_hour, authorization_rate, unassigned_labor_hours, unassigned_labor_revenue
  )
  select p_shop_id, p_date, d.ro_count, d.ro_posted_count, d.ro_completed_count, d.ro_count,
         d.authorized_revenue, d.authorized_cost, d.authorized_profit,
         sales.authorized_gp_percent, d.authorized_job_count, d.authorized_total, d.parts_revenue, d.parts_cost, d.labor_revenue, d.labor_hours,
         d.labor_cost, d.estimated_labor_cost, d.sublet_revenue, d.sublet_cost, d.fees_total, d.discount_total,
         d.tax_total, d.net_sales, d.net_profit, d.potential_revenue, d.potential_job_count, d.declined_revenue,
         d.pending_revenue, d.potential_total,
         sales.avg_ro_value, sales.avg_ro_profit, labor.avg_retail_rate, labor.gp_per_hour,
         sales.gross_profit_per_labor_hour, sales.sales_per_labor_hour, sales.authorization_rate,
         d.unassigned_labor_hours, d.unassigned_labor_revenue
    from day d
   cross join public.sales_ratios(
     d.ro_count, d.authorized_revenue, d.authorized_profit, d.potential_revenue, d.labor_hours) sales
   cross join public.labor_ratios(d.labor_revenue, d.labor_cost, d.labor_hours) labor
   where d.ro_count > 0
  on conflict (shop_id, metric_date) do update set
    ro_count = excluded.ro_count,
    ro_posted_count = excluded.ro_posted_count,
    ro_completed_count = excluded.ro_completed_count,
    source_snapshot_count = excluded.source_snapshot_count,
    authorized_revenue = excluded.authorized_revenue,
    authorized_cost = excluded.authorized_cost,
    authorized_profit = excluded.authorized_profit,
    authorized_gp_percent = excluded.authorized_gp_percent,
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
    avg_ro_value = excluded.avg_ro_value,
    avg_ro_profit = excluded.avg_ro_profit,
    avg_labor_rate = excluded.avg_labor_rate,
    gp_per_labor_hour = excluded.gp_per_labor_hour,
    gross_profit_per_labor_hour = excluded.gross_profit_per_labor_hour,
    sales_per_labor_hour = excluded.sales_per_labor_hour,
    authorization_rate = excluded.authorization_rate,
    unassigned_labor_hours = excluded.unassigned_labor_hours,
    unassigned_labor_revenue = excluded.unassigned_labor_revenue,
    updated_at = now()
  where to_jsonb(m) - array['id', 'created_at', 'updated_at']
        is distinct from to_jsonb(excluded) - array['id', 'created_at', 'updated_at']
$$;

comment on function public.write_shop_day(uuid, date, public.ro_snapshots[]) is
  'Writes or deletes the shop''s row of one day from the counted snapshots given. Part of refresh_daily_metrics.';

revoke execute on function public.write_shop_day(uuid, date, public.ro_snapshots[]) from public, anon, authenticated;
grant execute on function public.write_shop_day(uuid, date, public.ro_snapshots[]) to service_role;
