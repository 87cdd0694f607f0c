-- Technicians over a range, most hours first: sums of their days, ratios from the sums. Jobs and ROs add up over days
-- because an RO counts on one day only. What no technician is assigned to stands beside them, so that the lines make the
-- shop's labor.
create or replace function public.report_technicians(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with period as (
    select r.*, public.shop_period_figures(r.shop_id, r.from_date, r.to_date) as shop
      from public.report_range(p_shop_id, p_from, p_to) r
  ), technician as (
    select m.technician_id,
           (array_agg(m.technician_tm_id order by m.metric_date desc))[1] as technician_tm_id,
           (array_agg(m.technician_name order by m.metric_date desc))[1] as technician_name,
           sum(m.hours_billed) as hours_billed,
           sum(m.labor_revenue) as labor_revenue,
           sum(m.labor_cost) as labor_cost,
           sum(m.labor_profit) as labor_profit,
           sum(m.estimated_labor_cost) as estimated_labor_cost,
           sum(m.jobs_worked) as jobs_worked,
           sum(m.ros_worked) as ros_worked,
           jsonb_build_object(
             'assigned', sum((m.rate_sources ->> 'assigned')::bigint),
             'shop_avg', sum((m.rate_sources ->> 'shop_avg')::bigint),
             'default', sum((m.rate_sources ->> 'default')::bigint)
           ) as rate_sources
      from period p
      join public.tech_daily_metrics m on m.shop_id = p.shop_id and m.metric_date between p.from_date and p.to_date
     group by m.technician_id
  ), team as (
    select coalesce(
             jsonb_agg(to_jsonb(t) || to_jsonb(labor) order by t.hours_billed desc, t.technician_tm_id), '[]') as people,
           coalesce(sum(t.labor_cost), 0) as labor_cost,
           coalesce(sum(t.estimated_labor_cost), 0) as estimated_labor_cost
      from technician t
     cross join public.labor_ratios(t.labor_revenue, t.labor_cost, t.hours_billed) labor
  )
  select jsonb_build_object(
           'from', p.from_date,
           'to', p.to_date,
           'technicians', team.people,
           'unassigned', jsonb_build_object(
             'hours_billed', p.shop -> 'unassigned_labor_hours',
             'labor_revenue', p.shop -> 'unassigned_labor_revenue',
             'labor_cost', (p.shop ->> 'labor_cost')::bigint - team.labor_cost,
             'estimated_labor_cost', (p.shop ->> 'estimated_labor_cost')::bigint - team.estimated_labor_cost),
           'shop', jsonb_build_object(
             'hours_billed', p.shop -> 'labor_hours',
             'labor_revenue', p.shop -> 'labor_revenue',
             'labor_cost', p.shop -> 'labor_cost',
             'estimated_labor_cost', p.shop -> 'estimated_labor_cost'))
    from period p
   cross join team
$$;

comment on function public.report_technicians(uuid, date, date) is
  'Technicians over an inclusive range, most hours first: {from, to, technicians: [tech_daily_metrics summed], unassigned, shop}; technicians and unassigned make the shop. NULL for a shop the caller may not read.';

revoke execute on function public.report_technicians(uuid, date, date) from public, anon, authenticated;
grant execute on function public.report_technicians(uuid, date, date) to authenticated, service_role;
