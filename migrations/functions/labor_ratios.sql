-- The ratios of labor, of any set of authorized labor lines: a shop's day, a technician's day, a period. Always from
-- sums; NULL where the denominator is zero. The only place of these formulas.
create or replace function public.labor_ratios(p_revenue numeric, p_cost numeric, p_hours numeric)
returns table (gp_percent numeric, gp_per_hour bigint, avg_retail_rate bigint, avg_cost_rate bigint)
language sql
immutable
rows 1
security invoker
set search_path = ''
as $$
  select round(100 * (p_revenue - p_cost) / nullif(p_revenue, 0), 2),
         round((p_revenue - p_cost) / nullif(p_hours, 0))::bigint,
         round(p_revenue / nullif(p_hours, 0))::bigint,
         round(p_cost / nullif(p_hours, 0))::bigint
$$;

comment on function public.labor_ratios(numeric, numeric, numeric) is
  '[DERIVED] ratios from sums of labor revenue, labor cost (cents) and hours; NULL on a zero denominator.';

revoke execute on function public.labor_ratios(numeric, numeric, numeric) from public, anon, authenticated;
grant execute on function public.labor_ratios(numeric, numeric, numeric) to authenticated, service_role;
