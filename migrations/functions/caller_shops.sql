-- Which shops a signed-in person may use, and as what.
create or replace function public.caller_shops(p_user_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('shop_id', a.shop_id, 'role', a.role) order by a.shop_id), '[]')
    from public.user_shop_access a
   where a.user_id = p_user_id
$$;

comment on function public.caller_shops(uuid) is
  'The rows of user_shop_access of a person as [{shop_id, role}].';

revoke execute on function public.caller_shops(uuid) from public, anon, authenticated;
grant execute on function public.caller_shops(uuid) to service_role;
