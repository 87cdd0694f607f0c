-- Days of technicians and advisors carry their names, so a new name makes those days dirty: else a rebuild would change
-- what no change of an RO had changed. Only days that say another name are marked, in date order.
create or replace function public.mark_renamed_days(p_shop_id uuid, p_employee_tm_ids bigint[])
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  with people as (
    select e.id, nullif(concat_ws(' ', e.first_name, e.last_name), '') as name
      from public.employees e
     where e.shop_id = p_shop_id and e.tm_id = any (p_employee_tm_ids)
  ), days as (
    select m.metric_date
      from people p
      join public.tech_daily_metrics m on m.technician_id = p.id
     where m.technician_name is distinct from p.name
    union
    select m.metric_date
      from people p
      join public.advisor_daily_metrics m on m.service_advisor_id = p.id
     where m.advisor_name is distinct from p.name
  )
  insert into public.dirty_days as d (shop_id, metric_date)
  select p_shop_id, days.metric_date from days order by days.metric_date
  on conflict (shop_id, metric_date) do update set generation = nextval('public.dirty_days_generation_seq')
$$;

comment on function public.mark_renamed_days(uuid, bigint[]) is
  'Marks the days on which these people (TM ids) stand under another name than theirs. Part of upsert_employees and ensure_employees.';

revoke execute on function public.mark_renamed_days(uuid, bigint[]) from public, anon, authenticated;
grant execute on function public.mark_renamed_days(uuid, bigint[]) to service_role;
