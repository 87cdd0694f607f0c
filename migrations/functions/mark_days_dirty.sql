-- Marks days for a rebuild: every day of the range that has counted snapshots or a row to correct.
create or replace function public.mark_days_dirty(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
volatile
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
  ), marked as (
    insert into public.dirty_days as d (shop_id, metric_date)
    select p_shop_id, x.metric_date from days x order by x.metric_date
    on conflict (shop_id, metric_date) do update set generation = nextval('public.dirty_days_generation_seq')
    returning metric_date
  )
  select coalesce(jsonb_agg(m.metric_date order by m.metric_date), '[]') from marked m
$$;

comment on function public.mark_days_dirty(uuid, date, date) is
  'Sets the dirty mark on every shop-local day of the range that has or had ROs. Returns the days.';

revoke execute on function public.mark_days_dirty(uuid, date, date) from public, anon, authenticated;
grant execute on function public.mark_days_dirty(uuid, date, date) to service_role;
