-- How much of a range's gross profit rests on estimated labor cost. p_figures: shop_period_figures of the range.
-- The estimated part of labor_cost is known to the cent from the days. A cost is estimated by line, profit is reported by
-- RO: so the profit that rests on estimates is that of the counted ROs with an estimated line, and the rest is known.
create or replace function public.report_estimates(p_shop_id uuid, p_from date, p_to date, p_figures jsonb)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
           'labor_cost', e.cost,
           'labor_cost_percent', round(100 * e.cost / nullif((p_figures ->> 'labor_cost')::numeric, 0), 2),
           'ro_count', r.ro_count,
           'profit_resting_on_estimates', r.profit,
           'profit_on_known_costs', (p_figures ->> 'authorized_profit')::numeric - r.profit)
    from (select (p_figures ->> 'estimated_labor_cost')::numeric as cost) e
   cross join (
     select count(*) as ro_count, coalesce(sum(s.authorized_profit), 0) as profit
       from public.ro_snapshots s
      where s.shop_id = p_shop_id and s.snapshot_date between p_from and p_to
        and s.counted and s.estimated_labor_cost > 0
   ) r
$$;

comment on function public.report_estimates(uuid, date, date, jsonb) is
  '[AUTHORIZED] {labor_cost (estimated part, cents), labor_cost_percent (of labor_cost), ro_count, profit_resting_on_estimates, profit_on_known_costs} of a range. Part of report_summary.';

revoke execute on function public.report_estimates(uuid, date, date, jsonb) from public, anon, authenticated;
grant execute on function public.report_estimates(uuid, date, date, jsonb) to authenticated, service_role;
