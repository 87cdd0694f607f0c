-- Marks days for a rebuild: every day of the range that has something to compute or to correct (metric_days).
create or replace function public.mark_days_dirty(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with marked as (
    insert into public.dirty_days as d (shop_id, metric_date)
    select p_shop_id, day.metric_date::date
      from jsonb_array_elements_text(public.metric_days(p_shop_id, p_from, p_to)) as day(metric_date)
     order by day.metric_date::date
    on conflict (shop_id, metric_date) do update set generation = nextval('public.dirty_days_generation_seq')
    returning metric_date
  )
  select coalesce(jsonb_agg(m.metric_date order by m.metric_date), '[]') from marked m
$$;

comment on function public.mark_days_dirty(uuid, date, date) is
  'Sets the dirty mark on every shop-local day of the range that has or had ROs. Returns the days.';

revoke execute on function public.mark_days_dirty(uuid, date, date) from public, anon, authenticated;
grant execute on function public.mark_days_dirty(uuid, date, date) to service_role;
