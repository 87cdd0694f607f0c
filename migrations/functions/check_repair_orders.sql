-- Built-in checks of the ROs that count, or should, on the days of a range: what is stored of them is what was written,
-- their headers are the sums of their lines, and their days follow from their dates. Part of check_warehouse.
create or replace function public.check_repair_orders(p_shop_id uuid, p_from date, p_to date)
returns table (
  check_name text,
  metric_date date,
  ro_tm_id bigint,
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
  with ro as materialized (
    -- on the day it counts on, else the one it should
    select r.*, coalesce(c.snapshot_date, r.posted_date, r.completed_date) as day
      from public.repair_orders r
      left join public.ro_snapshots c on c.repair_order_id = r.id and c.counted
     where coalesce(c.snapshot_date, r.posted_date, r.completed_date) between p_from and p_to
       and r.shop_id = p_shop_id
       and r.id in (
         select x.id
           from public.repair_orders x
          where x.shop_id = p_shop_id and x.posted_date between p_from and p_to
         union all
         select x.id
           from public.repair_orders x
          where x.shop_id = p_shop_id and x.completed_date between p_from and p_to
         union all
         select s.repair_order_id
           from public.ro_snapshots s
          where s.shop_id = p_shop_id and s.counted and s.snapshot_date between p_from and p_to
       )
  ), seal as (
    select ro.day, ro.tm_id, d.seal as written, e.seal as found
      from public.ro_seals(array(select ro.id from ro)) e
      join ro on ro.id = e.repair_order_id
      join public.repair_order_reads d on d.repair_order_id = ro.id
     where d.seal -> 'version' = e.seal -> 'version'
  ), local_day as (
    select ro.day, ro.tm_id, ro.posted_date, ro.completed_date,
           case when ro.status_id in (5, 6) then (ro.posted_at at time zone z.timezone)::date end as posted,
           case when ro.status_id in (3, 5, 6) then (ro.completed_at at time zone z.timezone)::date end as completed
      from ro
      join public.shops z on z.id = p_shop_id
  )
  select 'changed_since_stored', s.day, s.tm_id, p.name, null, s.found -> p.name, s.written -> p.name
    from seal s
   cross join lateral jsonb_object_keys(s.written || s.found) p(name)
   where s.written -> p.name is distinct from s.found -> p.name
  union all
  select 'labor_cost_of_line', ro.day, ro.tm_id, concat('job_labor, job ', j.tm_id, ' line ', l.line_no), 'labor_cost',
         to_jsonb(l.labor_cost), to_jsonb(round(l.hours * l.tech_hourly_cost))
    from ro
    join public.job_labor l on l.repair_order_id = ro.id
    join public.jobs j on j.id = l.job_id
   where l.labor_cost <> round(l.hours * l.tech_hourly_cost)
  union all
  select 'header_is_sum_of_lines', ro.day, ro.tm_id, 'repair_orders', f.name, f.stored, f.expected
    from ro
   cross join lateral public.ro_metrics(ro.id) m
   cross join lateral (values
     ('authorized_subtotal', to_jsonb(ro.authorized_subtotal), to_jsonb(m.net_sales)),
     ('authorized_tax', to_jsonb(ro.authorized_tax), to_jsonb(m.tax_total)),
     ('authorized_discount', to_jsonb(ro.authorized_discount), to_jsonb(m.discount_total)),
     ('authorized_job_count', to_jsonb(ro.authorized_job_count), to_jsonb(m.authorized_job_count)),
     ('authorized_parts', to_jsonb(ro.authorized_parts), to_jsonb(m.parts_revenue)),
     ('authorized_labor', to_jsonb(ro.authorized_labor), to_jsonb(m.labor_revenue)),
     ('authorized_sublet', to_jsonb(ro.authorized_sublet), to_jsonb(m.sublet_revenue)),
     ('authorized_fees', to_jsonb(ro.authorized_fees), to_jsonb(m.fees_total)),
     ('authorized_labor_hours', to_jsonb(ro.authorized_labor_hours), to_jsonb(m.labor_hours)),
     ('potential_job_count', to_jsonb(ro.potential_job_count), to_jsonb(m.potential_job_count)),
     ('potential_parts + potential_labor + potential_sublet',
      to_jsonb(ro.potential_parts + ro.potential_labor + ro.potential_sublet), to_jsonb(m.potential_revenue))
   ) f(name, stored, expected)
   where f.stored is distinct from f.expected
     and exists (select from public.repair_order_reads d where d.repair_order_id = ro.id and d.seal is not null)
  union all
  select 'day_follows_from_date', d.day, d.tm_id, 'repair_orders', f.name, to_jsonb(f.stored), to_jsonb(f.expected)
    from local_day d
   cross join lateral (values
     ('posted_date', d.posted_date, d.posted),
     ('completed_date', d.completed_date, d.completed)
   ) f(name, stored, expected)
   where f.stored is distinct from f.expected
$$;

comment on function public.check_repair_orders(uuid, date, date) is
  'Findings about ROs of a range of shop-local days: stored against expected. Part of check_warehouse.';

revoke execute on function public.check_repair_orders(uuid, date, date) from public, anon, authenticated;
grant execute on function public.check_repair_orders(uuid, date, date) to service_role;
