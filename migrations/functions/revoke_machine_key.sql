-- Ends a machine key for good. Doing it again keeps the first moment.
create or replace function public.revoke_machine_key(p_key_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_name text;
begin
  update public.machine_keys k
     set revoked_at = coalesce(k.revoked_at, now())
   where k.id = p_key_id
  returning k.name into v_name;
  if v_name is null then
    raise exception 'there is no machine key %', p_key_id using errcode = '22023';
  end if;
  return jsonb_build_object('name', v_name);
end
$$;

comment on function public.revoke_machine_key(uuid) is 'Revokes a machine key. Returns {name}.';

revoke execute on function public.revoke_machine_key(uuid) from public, anon, authenticated;
grant execute on function public.revoke_machine_key(uuid) to service_role;
