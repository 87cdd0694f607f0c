-- Open ROs (neither posted, nor in accounts receivable, nor deleted) with what the customer approved and what stands on
-- the estimate: sums by status, and the ROs newest first, a page at a time. The figures are those stored with the RO's
-- header, which write_ro_figures took from ro_metrics. A completed RO already counts on its day: is_counted says so.
create or replace function public.report_work_in_progress(
  p_shop_id uuid,
  p_after jsonb default null,
  p_limit integer default 100
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_ro bigint := coalesce((p_after ->> 'ro')::bigint, 9223372036854775807);
begin
  perform public.check_page(p_limit, p_after, array['ro']);
  if not exists (select from public.shops s where s.id = p_shop_id) then
    return null;
  end if;
  return (
    with open_ro as materialized (
      select o.id, o.tm_id, o.status_id, o.status, o.authorized_labor_hours, f.*
        from public.repair_orders o
       cross join lateral (
         select coalesce(o.authorized_revenue, o.authorized_parts + o.authorized_labor + o.authorized_sublet, 0)
                  as authorized,
                coalesce(o.potential_parts + o.potential_labor + o.potential_sublet, 0) as potential
       ) f
       where o.shop_id = p_shop_id and o.status_id not in (5, 6, 7)
    ), page as (
      select w.*, row_number() over (order by w.tm_id desc) as place
        from open_ro w
       where w.tm_id < v_ro
       order by w.tm_id desc
       limit p_limit + 1
    ), status as (
      select w.status_id, w.status, count(*) as ro_count, sum(w.authorized) as authorized_revenue,
             sum(w.potential) as potential_revenue, coalesce(sum(w.authorized_labor_hours), 0) as authorized_labor_hours
        from open_ro w
       group by w.status_id, w.status
    ), listed as (
      select page.place,
             jsonb_build_object(
               'ro_tm_id', o.tm_id, 'ro_number', o.ro_number, 'status_id', o.status_id, 'status', o.status,
               'label', o.label, 'customer_name', o.customer_name, 'vehicle_description', o.vehicle_description,
               'service_advisor_name', o.service_advisor_name, 'created_date', o.created_date,
               'updated_date', o.updated_date, 'promised_date', o.promised_date,
               'authorized_revenue', page.authorized, 'potential_revenue', page.potential,
               'authorized_labor_hours', o.authorized_labor_hours, 'authorized_job_count', o.authorized_job_count,
               'potential_job_count', o.potential_job_count,
               'is_counted', exists (
                 select from public.ro_snapshots s where s.repair_order_id = o.id and s.counted)) as row
        from page
        join public.repair_orders o on o.id = page.id
       where page.place <= p_limit
    )
    select jsonb_build_object(
             'statuses', (select coalesce(jsonb_agg(to_jsonb(t) order by t.status_id, t.status), '[]') from status t),
             'repair_orders', (select coalesce(jsonb_agg(l.row order by l.place), '[]') from listed l),
             'next', (
               select jsonb_build_object('ro', p.tm_id)
                 from page p
                where p.place = p_limit and exists (select from page more where more.place > p_limit)))
  );
end
$$;

comment on function public.report_work_in_progress(uuid, jsonb, integer) is
  'Open ROs: {statuses: [{status_id, status, ro_count, authorized_revenue [AUTHORIZED], potential_revenue [POTENTIAL], authorized_labor_hours}], repair_orders: [… is_counted], next}, newest first. NULL for a shop the caller may not read.';

revoke execute on function public.report_work_in_progress(uuid, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_work_in_progress(uuid, jsonb, integer) to authenticated, service_role;
