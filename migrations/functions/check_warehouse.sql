-- The built-in checks: does the warehouse agree with itself on these days? Lines, ROs, snapshots and days each say what
-- follows from the level below, and every RO is still what was written. Reads only; TM is not asked: reconcile-day
-- does that. A finding names the RO or the day, the column, both values and what to do.
create or replace function public.check_warehouse(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with finding as (
    select c.check_name, c.metric_date, c.ro_tm_id, c.place, c.column_name, c.stored, c.expected
      from public.check_repair_orders(p_shop_id, p_from, p_to) c
    union all
    select c.check_name, c.metric_date, c.ro_tm_id, c.place, c.column_name, c.stored, c.expected
      from public.check_snapshots(p_shop_id, p_from, p_to) c
    union all
    select c.check_name, c.metric_date, null, c.place, c.column_name, c.stored, c.expected
      from public.check_days(p_shop_id, p_from, p_to) c
  )
  select coalesce(jsonb_agg(
           jsonb_build_object(
             'check', f.check_name, 'date', f.metric_date, 'ro', f.ro_tm_id, 'ro_number', r.ro_number,
             'table', f.place, 'column', f.column_name, 'stored', f.stored, 'expected', f.expected,
             'action', case when f.ro_tm_id is null then 'rebuild the day' else 'read the RO again' end)
           order by f.metric_date, f.ro_tm_id nulls last, f.check_name, f.place, f.column_name), '[]')
    from finding f
    left join public.repair_orders r on r.shop_id = p_shop_id and r.tm_id = f.ro_tm_id
$$;

comment on function public.check_warehouse(uuid, date, date) is
  'What contradicts itself on a range of shop-local days, [{check, date, ro, ro_number, table, column, stored, expected, action}]; ro is TM''s id, NULL when the day itself is wrong. action: "read the RO again" or "rebuild the day"; reconcile does both.';

revoke execute on function public.check_warehouse(uuid, date, date) from public, anon, authenticated;
grant execute on function public.check_warehouse(uuid, date, date) to service_role;
