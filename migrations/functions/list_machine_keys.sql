-- All machine keys, newest first, revoked ones included; never a hash.
create or replace function public.list_machine_keys()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'key_id', k.id, 'name', k.name, 'hint', k.hint, 'role', k.role,
           'shops', case when k.shops is not null then (
             select coalesce(jsonb_agg(s.tm_id order by s.tm_id), '[]') from public.shops s where s.id = any (k.shops)) end,
           'created_at', k.created_at, 'last_used_at', k.last_used_at, 'revoked_at', k.revoked_at)
           order by k.created_at desc, k.id), '[]')
    from public.machine_keys k
$$;

comment on function public.list_machine_keys() is
  'Machine keys as [{key_id, name, hint, role, shops (TM numbers, null = all), created_at, last_used_at, revoked_at}].';

revoke execute on function public.list_machine_keys() from public, anon, authenticated;
grant execute on function public.list_machine_keys() to service_role;
