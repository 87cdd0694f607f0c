-- Which days a scheduled reconcile looks at, as ranges: p_from to p_to, further back without a gap to the last reconciled
-- day (an outage must not cut the chain of complete_through), days once reconciled and not proven (any more), and days of the
-- last 45 that contradict themselves. Of the older days at most p_limit, newest first, so that a night stays cheap.
create or replace function public.reconcile_plan(p_shop_id uuid, p_from date, p_to date, p_limit integer default 31)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with older as (
    select c.metric_date as day
      from public.reconciliations c
     where c.shop_id = p_shop_id and c.state <> 'proven' and c.metric_date < p_from
    union
    select g.day::date
      from (select max(c.metric_date) as day from public.reconciliations c where c.shop_id = p_shop_id) newest
     cross join generate_series(newest.day + 1, p_from - 1, interval '1 day') g(day)
    union
    select (f.value ->> 'date')::date
      from jsonb_array_elements(public.check_warehouse(p_shop_id, p_to - 45, p_to)) f
     where (f.value ->> 'date')::date < p_from
  ), chosen as (
    (select older.day from older order by older.day desc limit p_limit)
    union all
    select g.day::date from generate_series(p_from, p_to, interval '1 day') g(day)
  ), range as (
    select min(x.day) as first, max(x.day) as last
      from (select c.day, c.day - (row_number() over (order by c.day))::integer as island from chosen c) x
     group by x.island
  )
  select coalesce(jsonb_agg(jsonb_build_object('from', r.first, 'to', r.last) order by r.first desc), '[]') from range r
$$;

comment on function public.reconcile_plan(uuid, date, date, integer) is
  'Ranges of shop-local days for a scheduled reconcile, newest first: [{from, to}].';

revoke execute on function public.reconcile_plan(uuid, date, date, integer) from public, anon, authenticated;
grant execute on function public.reconcile_plan(uuid, date, date, integer) to service_role;
