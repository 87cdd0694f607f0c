-- Built-in checks of the ROs that count, or should, on the days of a range: what is stored of them is what was written,
-- their headers and their counted snapshots say what their lines say now, and their days follow from their dates. A
-- snapshot that waits to be built is passed over. Part of check_warehouse.
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
    select r.*, coalesce(c.snapshot_date, r.posted_date, r.completed_date) as day, to_jsonb(c) as snapshot
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
  ), figured as materialized (
    -- what the lines say now, once, beside what the header and the counted snapshot say
    select ro.id, ro.day, ro.tm_id, ro.snapshot, ro.snapshot is null or ro.snapshot_stale as is_waiting,
           to_jsonb(m) as figures,
           jsonb_build_object(
             'ro_number', ro.ro_number, 'ro_status', ro.status, 'service_advisor_id', ro.service_advisor_id) as facts,
           jsonb_build_object(
             'authorized_subtotal', ro.authorized_subtotal, 'authorized_tax', ro.authorized_tax,
             'authorized_discount', ro.authorized_discount, 'authorized_job_count', ro.authorized_job_count,
             'authorized_parts', ro.authorized_parts, 'authorized_labor', ro.authorized_labor,
             'authorized_sublet', ro.authorized_sublet, 'authorized_fees', ro.authorized_fees,
             'authorized_labor_hours', ro.authorized_labor_hours, 'potential_job_count', ro.potential_job_count,
             'potential_parts + potential_labor + potential_sublet',
             ro.potential_parts + ro.potential_labor + ro.potential_sublet) as header
      from ro
     cross join lateral public.ro_metrics(ro.id) m
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
  select 'header_is_sum_of_lines', f.day, f.tm_id, 'repair_orders', c.name, f.header -> c.name, f.figures -> c.figure
    from figured f
   cross join (values
     ('authorized_subtotal', 'net_sales'),
     ('authorized_tax', 'tax_total'),
     ('authorized_discount', 'discount_total'),
     ('authorized_job_count', 'authorized_job_count'),
     ('authorized_parts', 'parts_revenue'),
     ('authorized_labor', 'labor_revenue'),
     ('authorized_sublet', 'sublet_revenue'),
     ('authorized_fees', 'fees_total'),
     ('authorized_labor_hours', 'labor_hours'),
     ('potential_job_count', 'potential_job_count'),
     ('potential_parts + potential_labor + potential_sublet', 'potential_revenue')
   ) c(name, figure)
   where f.header -> c.name is distinct from f.figures -> c.figure
     and exists (select from public.repair_order_reads d where d.repair_order_id = f.id and d.seal is not null)
  union all
  select 'snapshot_is_ro', f.day, f.tm_id, 'ro_snapshots', c.name, f.snapshot -> c.name, c.expected
    from figured f
   cross join lateral jsonb_each(f.figures || f.facts) c(name, expected)
   where not f.is_waiting and f.snapshot -> c.name is distinct from c.expected
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
