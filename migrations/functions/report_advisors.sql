-- Service advisors over a range, most revenue first: sums of their days, ratios from the sums. ROs without an advisor
-- are the row whose service_advisor_id is NULL, so the rows make the shop.
create or replace function public.report_advisors(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with period as (
    select * from public.report_range(p_shop_id, p_from, p_to)
  ), advisor as (
    select m.service_advisor_id,
           (array_agg(m.service_advisor_tm_id order by m.metric_date desc))[1] as service_advisor_tm_id,
           (array_agg(m.advisor_name order by m.metric_date desc))[1] as advisor_name,
           sum(m.ro_count) as ro_count,
           sum(m.authorized_revenue) as authorized_revenue,
           sum(m.authorized_cost) as authorized_cost,
           sum(m.authorized_profit) as authorized_profit,
           sum(m.estimated_labor_cost) as estimated_labor_cost,
           sum(m.labor_hours) as labor_hours,
           sum(m.potential_revenue) as potential_revenue
      from period p
      join public.advisor_daily_metrics m on m.shop_id = p.shop_id and m.metric_date between p.from_date and p.to_date
     group by m.service_advisor_id
  )
  select jsonb_build_object(
           'from', p.from_date,
           'to', p.to_date,
           'advisors', (
             select coalesce(
                      jsonb_agg(to_jsonb(a) || to_jsonb(sales)
                                order by a.authorized_revenue desc, a.service_advisor_tm_id), '[]')
               from advisor a
              cross join public.sales_ratios(
                a.ro_count, a.authorized_revenue, a.authorized_profit, a.potential_revenue, a.labor_hours) sales))
    from period p
$$;

comment on function public.report_advisors(uuid, date, date) is
  'Service advisors over an inclusive range, most revenue first: {from, to, advisors: [advisor_daily_metrics summed, with every ratio of sales]}; the row without an advisor is the ROs that have none. NULL for a shop the caller may not read.';

revoke execute on function public.report_advisors(uuid, date, date) from public, anon, authenticated;
grant execute on function public.report_advisors(uuid, date, date) to authenticated, service_role;
