-- The KPIs of a range with the period before beside them, how fresh they are and how much of the profit rests on
-- estimates. Sums come from stored days, ratios from the sums. NULL for a shop the caller may not read: zeros would be
-- a statement about it.
create or replace function public.report_summary(
  p_shop_id uuid,
  p_from date,
  p_to date,
  p_preset text default null
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
           'from', r.from_date,
           'to', r.to_date,
           'current', f.current,
           'previous', jsonb_build_object('from', r.previous_from, 'to', r.previous_to)
             || public.shop_period_figures(r.shop_id, r.previous_from, r.previous_to),
           'estimated', public.report_estimates(r.shop_id, r.from_date, r.to_date, f.current),
           'freshness', public.report_freshness(r.shop_id, r.from_date, r.to_date))
    from public.report_range(p_shop_id, p_from, p_to, p_preset) r
   cross join lateral (select public.shop_period_figures(r.shop_id, r.from_date, r.to_date) as current) f
$$;

comment on function public.report_summary(uuid, date, date, text) is
  'KPIs of an inclusive range of shop-local days: {from, to, current, previous: {from, to, …}, estimated, freshness}. current and previous have the names of daily_shop_metrics. p_preset names the period for the comparison. NULL for a shop the caller may not read.';

revoke execute on function public.report_summary(uuid, date, date, text) from public, anon, authenticated;
grant execute on function public.report_summary(uuid, date, date, text) to authenticated, service_role;
