-- What the labor lines of a closed RO cost when they were fetched, for replace_ro_labor to keep.
create or replace function public.stored_labor_rates(p_repair_order_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
             'job_tm_id', j.tm_id, 'line_no', l.line_no, 'technician_tm_id', l.technician_tm_id, 'hours', l.hours,
             'name', l.name, 'tech_hourly_cost', l.tech_hourly_cost, 'rate_source', l.rate_source)), '[]')
      from public.job_labor l
      join public.jobs j on j.id = l.job_id
     where l.repair_order_id = p_repair_order_id
  );
end
$$;

comment on function public.stored_labor_rates(uuid) is
  'Labor lines of an RO as [{job_tm_id, line_no, technician_tm_id, hours, name, tech_hourly_cost, rate_source}]. Part of apply_repair_order.';

revoke execute on function public.stored_labor_rates(uuid) from public, anon, authenticated;
grant execute on function public.stored_labor_rates(uuid) to service_role;
