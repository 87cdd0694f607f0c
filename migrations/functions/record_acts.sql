-- Writes acts of operators, many in one call: [{at, actor_kind, actor_id, actor_name, act, shop_id, target, status, request_id}].
create or replace function public.record_acts(p_acts jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with written as (
    insert into public.audit_log (at, actor_kind, actor_id, actor_name, act, shop_id, target, status, request_id)
    select a.at, a.actor_kind, a.actor_id, a.actor_name, a.act, a.shop_id, coalesce(a.target, '{}'), a.status, a.request_id
      from jsonb_to_recordset(p_acts) as a(
             at timestamptz, actor_kind text, actor_id text, actor_name text, act text, shop_id uuid, target jsonb,
             status integer, request_id text)
    returning id
  )
  select jsonb_build_object('recorded', count(*)) from written
$$;

comment on function public.record_acts(jsonb) is 'Appends acts to audit_log. Returns {recorded}.';

revoke execute on function public.record_acts(jsonb) from public, anon, authenticated;
grant execute on function public.record_acts(jsonb) to service_role;
