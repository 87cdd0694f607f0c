-- The ratios of sales, of any set of counted ROs: a day, a period, an advisor. Always from sums, never from other
-- ratios; NULL where the denominator is zero. The only place of these formulas above the single RO.
create or replace function public.sales_ratios(
  p_ro_count bigint,
  p_revenue numeric,
  p_profit numeric,
  p_potential numeric,
  p_hours numeric
)
returns table (
  authorized_gp_percent numeric,
  avg_ro_value bigint,
  avg_ro_profit bigint,
  gross_profit_per_labor_hour bigint,
  sales_per_labor_hour bigint,
  authorization_rate numeric
)
language sql
immutable
rows 1
security invoker
set search_path = ''
as $$
  select round(100 * p_profit / nullif(p_revenue, 0), 2),
         round(p_revenue / nullif(p_ro_count, 0))::bigint,
         round(p_profit / nullif(p_ro_count, 0))::bigint,
         round(p_profit / nullif(p_hours, 0))::bigint,
         round(p_revenue / nullif(p_hours, 0))::bigint,
         round(100 * p_revenue / nullif(p_potential, 0), 2)
$$;

comment on function public.sales_ratios(bigint, numeric, numeric, numeric, numeric) is
  '[DERIVED] ratios from sums of authorized revenue and profit, potential revenue and labor hours; money in cents, NULL on a zero denominator.';

revoke execute on function public.sales_ratios(bigint, numeric, numeric, numeric, numeric) from public, anon, authenticated;
grant execute on function public.sales_ratios(bigint, numeric, numeric, numeric, numeric) to authenticated, service_role;
