-- Writes the advisors' rows of one day from its counted snapshots, with one row (advisor NULL) for ROs without an
-- advisor, and deletes rows of advisors who no longer have an RO that day. Their sums equal the shop's.
-- True when a row was written or deleted.
create or replace function public.write_advisor_day(
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
  with served as (
    select s.service_advisor_id,
           count(*) as ro_count,
           sum(s.authorized_revenue) as revenue,
           sum(s.authorized_cost) as cost,
           sum(s.authorized_profit) as profit,
           sum(s.estimated_labor_cost) as estimated_cost,
           sum(s.labor_hours) as hours,
           sum(s.potential_revenue) as potential
      from unnest(p_snapshots) s
     group by s.service_advisor_id
  ), written as (
    insert into public.advisor_daily_metrics as m (
      shop_id, service_advisor_id, service_advisor_tm_id, advisor_name, metric_date, ro_count, authorized_revenue, authorized_cost,
      authorized_profit, estimated_labor_cost, authorized_gp_percent, avg_ro_value, labor_hours, potential_revenue,
      authorization_rate
    )
    select p_shop_id, v.service_advisor_id, e.tm_id, nullif(concat_ws(' ', e.first_name, e.last_name), ''), p_date,
           v.ro_count, v.revenue, v.cost, v.profit, v.estimated_cost,
           sales.authorized_gp_percent, sales.avg_ro_value, v.hours, v.potential, sales.authorization_rate
      from served v
     cross join public.sales_ratios(v.ro_count, v.revenue, v.profit, v.potential, v.hours) sales
      left join public.employees e on e.id = v.service_advisor_id
     order by v.service_advisor_id
    on conflict (shop_id, service_advisor_id, metric_date) do update set
      service_advisor_tm_id = excluded.service_advisor_tm_id,
      advisor_name = excluded.advisor_name,
      ro_count = excluded.ro_count,
      authorized_revenue = excluded.authorized_revenue,
      authorized_cost = excluded.authorized_cost,
      authorized_profit = excluded.authorized_profit,
      estimated_labor_cost = excluded.estimated_labor_cost,
      authorized_gp_percent = excluded.authorized_gp_percent,
      avg_ro_value = excluded.avg_ro_value,
      labor_hours = excluded.labor_hours,
      potential_revenue = excluded.potential_revenue,
      authorization_rate = excluded.authorization_rate,
      updated_at = now()
    where to_jsonb(m) - array['id', 'created_at', 'updated_at']
          is distinct from to_jsonb(excluded) - array['id', 'created_at', 'updated_at']
    returning 1
  ), gone as (
    delete from public.advisor_daily_metrics m
     where m.shop_id = p_shop_id
       and m.metric_date = p_date
       and not exists (select from served v where v.service_advisor_id is not distinct from m.service_advisor_id)
    returning 1
  )
  select exists (select from written) or exists (select from gone)
$$;

comment on function public.write_advisor_day(uuid, date, public.ro_snapshots[]) is
  'Writes and deletes the advisors'' rows of one day; true when one moved. Part of refresh_daily_metrics.';

revoke execute on function public.write_advisor_day(uuid, date, public.ro_snapshots[])
  from public, anon, authenticated;
grant execute on function public.write_advisor_day(uuid, date, public.ro_snapshots[]) to service_role;
