-- Built-in checks of days: a shop's day is the sum of its counted snapshots and its ratios follow from its sums;
-- technicians and unassigned labor make the shop's labor, advisors make the shop. Days that wait to be computed are
-- passed over. The ratios are derived here a second time on purpose: a check that calls the code it checks finds
-- nothing. Part of check_warehouse.
create or replace function public.check_days(p_shop_id uuid, p_from date, p_to date)
returns table (
  check_name text,
  metric_date date,
  place text,
  column_name text,
  stored jsonb,
  expected jsonb
)
language sql
stable
security invoker
set search_path = ''
as $$
  with waiting as (
    select d.metric_date from public.dirty_days d where d.shop_id = p_shop_id
  ), counted as materialized (
    select s.*
      from public.ro_snapshots s
     where s.shop_id = p_shop_id
       and s.counted
       and s.snapshot_date between p_from and p_to
       and s.snapshot_date not in (select w.metric_date from waiting w)
  ), day as materialized (
    select m.*
      from public.daily_shop_metrics m
     where m.shop_id = p_shop_id
       and m.metric_date between p_from and p_to
       and m.metric_date not in (select w.metric_date from waiting w)
  ), summed as (
    select c.snapshot_date as day, f.name, sum(f.value::text::numeric) as value
      from counted c
     cross join lateral jsonb_each(
       to_jsonb(c) || jsonb_build_object(
         'ro_count', 1, 'source_snapshot_count', 1, 'ro_posted_count', (c.snapshot_trigger = 'posted')::integer,
         'ro_completed_count', (c.snapshot_trigger = 'completed')::integer)
     ) f(name, value)
     where f.name = any (array[
             'ro_count', 'source_snapshot_count', 'ro_posted_count', 'ro_completed_count', 'authorized_revenue',
             'authorized_cost', 'authorized_profit', 'authorized_total', 'authorized_job_count', 'parts_revenue',
             'parts_cost', 'labor_revenue', 'labor_hours', 'labor_cost', 'estimated_labor_cost', 'sublet_revenue',
             'sublet_cost', 'fees_total', 'discount_total', 'tax_total', 'net_sales', 'net_profit',
             'potential_revenue', 'potential_job_count', 'declined_revenue', 'pending_revenue', 'potential_total',
             'unassigned_labor_hours', 'unassigned_labor_revenue'])
       and jsonb_typeof(f.value) = 'number'
     group by c.snapshot_date, f.name
  ), technician as (
    -- from snapshots and from rows, side by side
    select c.snapshot_date as day, l.technician_id, sum(l.hours) as hours, sum(l.revenue) as revenue, sum(l.cost) as cost
      from counted c
     cross join lateral jsonb_to_recordset(c.technician_labor) as l(
       technician_id uuid, hours numeric, revenue bigint, cost bigint)
     where l.technician_id is not null
     group by c.snapshot_date, l.technician_id
  ), technician_row as (
    select t.*
      from public.tech_daily_metrics t
     where t.shop_id = p_shop_id
       and t.metric_date between p_from and p_to
       and t.metric_date not in (select w.metric_date from waiting w)
  ), advisor as (
    select c.snapshot_date as day, c.service_advisor_id, count(*) as ros, sum(c.authorized_revenue) as revenue,
           sum(c.authorized_cost) as cost, sum(c.authorized_profit) as profit, sum(c.labor_hours) as hours,
           sum(c.potential_revenue) as potential
      from counted c
     group by c.snapshot_date, c.service_advisor_id
  ), advisor_row as (
    select a.*
      from public.advisor_daily_metrics a
     where a.shop_id = p_shop_id
       and a.metric_date between p_from and p_to
       and a.metric_date not in (select w.metric_date from waiting w)
  )
  select 'day_is_sum_of_snapshots', coalesce(s.day, d.day), 'daily_shop_metrics', coalesce(s.name, d.name),
         to_jsonb(d.value), to_jsonb(s.value)
    from summed s
    full join (
      select day.metric_date as day, f.name, f.value::text::numeric as value
        from day
       cross join lateral jsonb_each(to_jsonb(day)) f(name, value)
       where f.name in (select distinct x.name from summed x) or f.name = 'ro_count'
    ) d on d.day = s.day and d.name = s.name
   where d.value is distinct from s.value and (d.value, s.value) is distinct from (0::numeric, null::numeric)
  union all
  select 'ratio_follows_from_sums', day.metric_date, 'daily_shop_metrics', r.name, to_jsonb(r.stored), to_jsonb(r.expected)
    from day
   cross join lateral (values
     ('authorized_gp_percent', day.authorized_gp_percent,
      round(100 * day.authorized_profit::numeric / nullif(day.authorized_revenue, 0), 2)),
     ('authorization_rate', day.authorization_rate,
      round(100 * day.authorized_revenue::numeric / nullif(day.potential_revenue, 0), 2)),
     ('avg_ro_value', day.avg_ro_value, round(day.authorized_revenue::numeric / nullif(day.ro_count, 0))),
     ('avg_ro_profit', day.avg_ro_profit, round(day.authorized_profit::numeric / nullif(day.ro_count, 0))),
     ('avg_labor_rate', day.avg_labor_rate, round(day.labor_revenue::numeric / nullif(day.labor_hours, 0))),
     ('gp_per_labor_hour', day.gp_per_labor_hour,
      round((day.labor_revenue - day.labor_cost)::numeric / nullif(day.labor_hours, 0))),
     ('gross_profit_per_labor_hour', day.gross_profit_per_labor_hour,
      round(day.authorized_profit::numeric / nullif(day.labor_hours, 0))),
     ('sales_per_labor_hour', day.sales_per_labor_hour,
      round(day.authorized_revenue::numeric / nullif(day.labor_hours, 0)))
   ) r(name, stored, expected)
   where r.stored is distinct from r.expected
  union all
  select 'technician_is_sum_of_snapshots', coalesce(t.day, x.metric_date),
         'tech_daily_metrics, ' || coalesce(t.technician_id, x.technician_id), f.name, to_jsonb(f.stored), to_jsonb(f.expected)
    from technician t
    full join technician_row x on x.metric_date = t.day and x.technician_id = t.technician_id
   cross join lateral (values
     ('hours_billed', x.hours_billed, t.hours),
     ('labor_revenue', x.labor_revenue, t.revenue),
     ('labor_cost', x.labor_cost, t.cost),
     ('labor_profit', x.labor_profit, t.revenue - t.cost)
   ) f(name, stored, expected)
   where f.stored is distinct from f.expected
  union all
  select 'technicians_make_the_shop', day.metric_date, 'daily_shop_metrics', f.name, to_jsonb(f.stored), to_jsonb(f.expected)
    from day
    left join (
      select x.metric_date, sum(x.hours_billed) as hours, sum(x.labor_revenue) as revenue
        from technician_row x
       group by x.metric_date
    ) t on t.metric_date = day.metric_date
   cross join lateral (values
     ('labor_hours', day.labor_hours, coalesce(t.hours, 0) + day.unassigned_labor_hours),
     ('labor_revenue', day.labor_revenue, coalesce(t.revenue, 0) + day.unassigned_labor_revenue)
   ) f(name, stored, expected)
   where f.stored <> f.expected
  union all
  select 'advisor_is_sum_of_snapshots', coalesce(v.day, x.metric_date),
         'advisor_daily_metrics, ' || coalesce(v.service_advisor_id::text, x.service_advisor_id::text, 'none'), f.name,
         to_jsonb(f.stored), to_jsonb(f.expected)
    from advisor v
    full join advisor_row x
      on x.metric_date = v.day
     and coalesce(x.service_advisor_id::text, '') = coalesce(v.service_advisor_id::text, '')
   cross join lateral (values
     ('ro_count', x.ro_count, v.ros),
     ('authorized_revenue', x.authorized_revenue, v.revenue),
     ('authorized_cost', x.authorized_cost, v.cost),
     ('authorized_profit', x.authorized_profit, v.profit),
     ('labor_hours', x.labor_hours, v.hours),
     ('potential_revenue', x.potential_revenue, v.potential)
   ) f(name, stored, expected)
   where f.stored is distinct from f.expected
  union all
  select 'advisors_make_the_shop', day.metric_date, 'daily_shop_metrics', f.name, to_jsonb(f.stored), to_jsonb(f.expected)
    from day
    left join (
      select x.metric_date, sum(x.ro_count) as ros, sum(x.authorized_revenue) as revenue,
             sum(x.authorized_profit) as profit, sum(x.labor_hours) as hours
        from advisor_row x
       group by x.metric_date
    ) a on a.metric_date = day.metric_date
   cross join lateral (values
     ('ro_count', day.ro_count, a.ros),
     ('authorized_revenue', day.authorized_revenue, a.revenue),
     ('authorized_profit', day.authorized_profit, a.profit),
     ('labor_hours', day.labor_hours, a.hours)
   ) f(name, stored, expected)
   where f.stored is distinct from f.expected
$$;

comment on function public.check_days(uuid, date, date) is
  'Findings about the shop''s, technicians'' and advisors'' rows of a range of shop-local days: stored against expected. Part of check_warehouse.';

revoke execute on function public.check_days(uuid, date, date) from public, anon, authenticated;
grant execute on function public.check_days(uuid, date, date) to service_role;
