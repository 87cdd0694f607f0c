-- Writes the technicians' rows of one day from the labor its counted snapshots froze (technician_labor), and deletes
-- rows of technicians who no longer worked that day. Together with the shop's unassigned labor they make its labor.
-- rate_sources counts labor lines by the source of their cost. True when a row was written or deleted.
create or replace function public.write_technician_day(
  p_shop_id uuid,
  p_date date,
  p_snapshots public.ro_snapshots[]
)
returns boolean
language sql
volatile
security invoker
set search_path = ''
as $$
  with share as (
    select l.*
      from unnest(p_snapshots) s
     cross join jsonb_to_recordset(s.technician_labor) as l(
       technician_id uuid, hours numeric, revenue bigint, cost bigint, estimated_cost bigint, jobs bigint,
       assigned bigint, shop_avg bigint, "default" bigint
     )
     where l.technician_id is not null
  ), worked as (
    select share.technician_id,
           sum(share.hours) as hours,
           sum(share.revenue) as revenue,
           sum(share.cost) as cost,
           sum(share.estimated_cost) as estimated_cost,
           sum(share.jobs) as jobs,
           count(*) as ros,
           jsonb_build_object(
             'assigned', sum(share.assigned), 'shop_avg', sum(share.shop_avg), 'default', sum(share."default")
           ) as rate_sources
      from share
     group by share.technician_id
  ), written as (
    insert into public.tech_daily_metrics as m (
      shop_id, technician_id, technician_tm_id, technician_name, metric_date, hours_billed, labor_revenue, labor_cost,
      labor_profit, estimated_labor_cost, gp_percent, gp_per_hour, avg_retail_rate, avg_cost_rate, jobs_worked,
      ros_worked, rate_sources
    )
    select p_shop_id, w.technician_id, e.tm_id, nullif(concat_ws(' ', e.first_name, e.last_name), ''), p_date, w.hours,
           w.revenue, w.cost, w.revenue - w.cost, w.estimated_cost,
           labor.gp_percent, labor.gp_per_hour, labor.avg_retail_rate, labor.avg_cost_rate,
           w.jobs, w.ros, w.rate_sources
      from worked w
     cross join public.labor_ratios(w.revenue, w.cost, w.hours) labor
      left join public.employees e on e.id = w.technician_id
     order by w.technician_id
    on conflict (shop_id, technician_id, metric_date) do update set
      technician_tm_id = excluded.technician_tm_id,
      technician_name = excluded.technician_name,
      hours_billed = excluded.hours_billed,
      labor_revenue = excluded.labor_revenue,
      labor_cost = excluded.labor_cost,
      labor_profit = excluded.labor_profit,
      estimated_labor_cost = excluded.estimated_labor_cost,
      gp_percent = excluded.gp_percent,
      gp_per_hour = excluded.gp_per_hour,
      avg_retail_rate = excluded.avg_retail_rate,
      avg_cost_rate = excluded.avg_cost_rate,
      jobs_worked = excluded.jobs_worked,
      ros_worked = excluded.ros_worked,
      rate_sources = excluded.rate_sources,
      updated_at = now()
    where to_jsonb(m) - array['id', 'created_at', 'updated_at']
          is distinct from to_jsonb(excluded) - array['id', 'created_at', 'updated_at']
    returning 1
  ), gone as (
    delete from public.tech_daily_metrics m
     where m.shop_id = p_shop_id
       and m.metric_date = p_date
       and not exists (select from worked w where w.technician_id = m.technician_id)
    returning 1
  )
  select exists (select from written) or exists (select from gone)
$$;

comment on function public.write_technician_day(uuid, date, public.ro_snapshots[]) is
  'Writes and deletes the technicians'' rows of one day; true when one moved. Part of refresh_daily_metrics.';

revoke execute on function public.write_technician_day(uuid, date, public.ro_snapshots[])
  from public, anon, authenticated;
grant execute on function public.write_technician_day(uuid, date, public.ro_snapshots[]) to service_role;
