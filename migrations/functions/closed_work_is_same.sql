-- Whether a bundle's jobs and labor say the same work as the stored ones: decisions, hours, totals and technicians, not pay.
create or replace function public.closed_work_is_same(p_repair_order_id uuid, p_jobs jsonb)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  with said as (
    select (j.value ->> 'tm_id')::bigint as job_tm_id, (j.value ->> 'authorized')::boolean as authorized,
           n.line_no, n.hours, n.total, n.technician_tm_id
      from jsonb_array_elements(p_jobs) j
      left join lateral jsonb_to_recordset(j.value -> 'labor') as n(
        line_no integer, hours numeric, total integer, technician_tm_id bigint) on true
  ), stored as (
    select j.tm_id, j.authorized, l.line_no, l.hours, l.total, l.technician_tm_id
      from public.jobs j
      left join public.job_labor l on l.job_id = j.id
     where j.repair_order_id = p_repair_order_id
  )
  select not exists (select * from said except select * from stored)
     and not exists (select * from stored except select * from said)
$$;

comment on function public.closed_work_is_same(uuid, jsonb) is
  'True when jobs of a bundle have the decisions and labor that are stored, whatever people earn today. Part of apply_repair_order.';

revoke execute on function public.closed_work_is_same(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.closed_work_is_same(uuid, jsonb) to service_role;
