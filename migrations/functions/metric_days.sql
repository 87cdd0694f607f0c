-- The days of a range that have something to compute or to correct: counted snapshots, or a row of the shop, of a
-- technician or of an advisor.
create or replace function public.metric_days(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with days as (
    select s.snapshot_date as metric_date
      from public.ro_snapshots s
     where s.shop_id = p_shop_id and s.counted and s.snapshot_date between p_from and p_to
    union
    select m.metric_date
      from public.daily_shop_metrics m
     where m.shop_id = p_shop_id and m.metric_date between p_from and p_to
    union
    select m.metric_date
      from public.tech_daily_metrics m
     where m.shop_id = p_shop_id and m.metric_date between p_from and p_to
    union
    select m.metric_date
      from public.advisor_daily_metrics m
     where m.shop_id = p_shop_id and m.metric_date between p_from and p_to
  )
  select coalesce(jsonb_agg(d.metric_date order by d.metric_date), '[]') from days d
$$;

comment on function public.metric_days(uuid, date, date) is
  'The shop-local days of a range, both ends included, that have counted ROs or a metric row, as a JSON array, oldest first.';

revoke execute on function public.metric_days(uuid, date, date) from public, anon, authenticated;
grant execute on function public.metric_days(uuid, date, date) to service_role;
