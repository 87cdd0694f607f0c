-- The figures of a range of a shop's days (both included), under the names of a day's: sums of the daily rows, and every
-- ratio computed again from those sums. A range of one day equals that day's row; an empty range has zero sums and NULL
-- ratios. Reads one stored row a day, so its cost does not know how many ROs there are.
create or replace function public.shop_period_figures(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with period as (
    select coalesce(sum(m.ro_count), 0) as ro_count,
           coalesce(sum(m.ro_posted_count), 0) as ro_posted_count,
           coalesce(sum(m.ro_completed_count), 0) as ro_completed_count,
           coalesce(sum(m.source_snapshot_count), 0) as source_snapshot_count,
           coalesce(sum(m.authorized_revenue), 0) as authorized_revenue,
           coalesce(sum(m.authorized_cost), 0) as authorized_cost,
           coalesce(sum(m.authorized_profit), 0) as authorized_profit,
           coalesce(sum(m.authorized_total), 0) as authorized_total,
           coalesce(sum(m.authorized_job_count), 0) as authorized_job_count,
           coalesce(sum(m.parts_revenue), 0) as parts_revenue,
           coalesce(sum(m.parts_cost), 0) as parts_cost,
           coalesce(sum(m.labor_revenue), 0) as labor_revenue,
           coalesce(sum(m.labor_hours), 0) as labor_hours,
           coalesce(sum(m.labor_cost), 0) as labor_cost,
           coalesce(sum(m.estimated_labor_cost), 0) as estimated_labor_cost,
           coalesce(sum(m.sublet_revenue), 0) as sublet_revenue,
           coalesce(sum(m.sublet_cost), 0) as sublet_cost,
           coalesce(sum(m.fees_total), 0) as fees_total,
           coalesce(sum(m.discount_total), 0) as discount_total,
           coalesce(sum(m.tax_total), 0) as tax_total,
           coalesce(sum(m.net_sales), 0) as net_sales,
           coalesce(sum(m.net_profit), 0) as net_profit,
           coalesce(sum(m.potential_revenue), 0) as potential_revenue,
           coalesce(sum(m.potential_job_count), 0) as potential_job_count,
           coalesce(sum(m.declined_revenue), 0) as declined_revenue,
           coalesce(sum(m.pending_revenue), 0) as pending_revenue,
           coalesce(sum(m.potential_total), 0) as potential_total,
           coalesce(sum(m.unassigned_labor_hours), 0) as unassigned_labor_hours,
           coalesce(sum(m.unassigned_labor_revenue), 0) as unassigned_labor_revenue
      from public.daily_shop_metrics m
     where m.shop_id = p_shop_id and m.metric_date between p_from and p_to
  )
  select to_jsonb(p) || jsonb_build_object(
           'authorized_gp_percent', sales.authorized_gp_percent,
           'avg_ro_value', sales.avg_ro_value,
           'avg_ro_profit', sales.avg_ro_profit,
           'avg_labor_rate', labor.avg_retail_rate,
           'gp_per_labor_hour', labor.gp_per_hour,
           'gross_profit_per_labor_hour', sales.gross_profit_per_labor_hour,
           'sales_per_labor_hour', sales.sales_per_labor_hour,
           'authorization_rate', sales.authorization_rate)
    from period p
   cross join public.sales_ratios(
     p.ro_count, p.authorized_revenue, p.authorized_profit, p.potential_revenue, p.labor_hours) sales
   cross join public.labor_ratios(p.labor_revenue, p.labor_cost, p.labor_hours) labor
$$;

comment on function public.shop_period_figures(uuid, date, date) is
  'The metrics of an inclusive range of a shop''s days by name, as shop_day_figures for one: summed columns, ratios from the sums, NULL on a zero denominator. Part of the report functions.';

revoke execute on function public.shop_period_figures(uuid, date, date) from public, anon, authenticated;
grant execute on function public.shop_period_figures(uuid, date, date) to authenticated, service_role;
