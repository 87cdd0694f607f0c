-- Stores a machine key by its hash. p_shops null opens every shop.
create or replace function public.create_machine_key(
  p_name text,
  p_key_hash text,
  p_hint text,
  p_role text,
  p_shops uuid[] default null
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_id uuid;
begin
  if coalesce(btrim(p_name), '') = '' then
    raise exception 'a key needs a name' using errcode = '22023';
  end if;
  if exists (select from unnest(p_shops) x where not exists (select from public.shops s where s.id = x)) then
    raise exception 'there is no such shop' using errcode = '22023';
  end if;
  insert into public.machine_keys (name, key_hash, hint, role, shops)
  values (btrim(p_name), p_key_hash, p_hint, p_role, p_shops)
  returning id into v_id;
  return jsonb_build_object('key_id', v_id);
end
$$;

comment on function public.create_machine_key(text, text, text, text, uuid[]) is
  'Stores a machine key by its SHA-256. Returns {key_id}; the key itself never reaches the database.';

revoke execute on function public.create_machine_key(text, text, text, text, uuid[]) from public, anon, authenticated;
grant execute on function public.create_machine_key(text, text, text, text, uuid[]) to service_role;
