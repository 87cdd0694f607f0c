-- Whether the stored labor lines of an RO are those that apply_repair_order wrote. True without a seal of this version:
-- nothing speaks against them then.
create or replace function public.labor_is_sealed(p_repair_order_id uuid)
returns boolean
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce((
    select d.seal ->> 'job_labor' is not distinct from e.seal ->> 'job_labor'
      from public.repair_order_reads d
     cross join public.ro_seals(array[p_repair_order_id]) e
     where d.repair_order_id = p_repair_order_id and d.seal -> 'version' = e.seal -> 'version'
  ), true)
$$;

comment on function public.labor_is_sealed(uuid) is
  'False when the labor lines of an RO were changed other than by apply_repair_order. Part of apply_repair_order.';

revoke execute on function public.labor_is_sealed(uuid) from public, anon, authenticated;
grant execute on function public.labor_is_sealed(uuid) to service_role;
