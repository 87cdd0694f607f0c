-- The days of a range for a chart: the stored rows, oldest first (a day without ROs has none), and the days whose
-- figures are about to be computed again.
create or replace function public.report_daily(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
           'from', r.from_date,
           'to', r.to_date,
           'days', public.daily_metrics(r.shop_id, r.from_date, r.to_date),
           'dirty_days', (
             select coalesce(jsonb_agg(d.metric_date order by d.metric_date), '[]')
               from public.dirty_days d
              where d.shop_id = r.shop_id and d.metric_date between r.from_date and r.to_date))
    from public.report_range(p_shop_id, p_from, p_to) r
$$;

comment on function public.report_daily(uuid, date, date) is
  'The days of an inclusive range: {from, to, days: [daily_shop_metrics], dirty_days: [date]}, oldest first. NULL for a shop the caller may not read.';

revoke execute on function public.report_daily(uuid, date, date) from public, anon, authenticated;
grant execute on function public.report_daily(uuid, date, date) to authenticated, service_role;
