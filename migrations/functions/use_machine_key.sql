-- Who a machine key is, while it is not revoked. Remembers the use, at most once a minute: callers ask often.
create or replace function public.use_machine_key(p_key_hash text)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_key public.machine_keys;
begin
  select * into v_key from public.machine_keys k where k.key_hash = p_key_hash and k.revoked_at is null;
  if v_key.id is null then
    return jsonb_build_object('key', null);
  end if;
  update public.machine_keys k
     set last_used_at = now()
   where k.id = v_key.id and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute');
  return jsonb_build_object('key', jsonb_build_object(
    'key_id', v_key.id, 'name', v_key.name, 'role', v_key.role, 'shops', to_jsonb(v_key.shops)));
end
$$;

comment on function public.use_machine_key(text) is
  'The machine key of a SHA-256 as {key: {key_id, name, role, shops (ids, null = all)}}; key null when unknown or revoked.';

revoke execute on function public.use_machine_key(text) from public, anon, authenticated;
grant execute on function public.use_machine_key(text) to service_role;
