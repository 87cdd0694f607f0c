-- The advisory lock between writers of ROs (shared) and a change of the shop's time zone (exclusive): without it an RO
-- written during the change would keep a day of the old zone.
create or replace function public.shop_timezone_lock_key(p_shop_id uuid)
returns bigint
language sql
immutable
security invoker
set search_path = ''
as $$
  select hashtextextended('shop_timezone:' || p_shop_id, 0)
$$;

comment on function public.shop_timezone_lock_key(uuid) is
  'Key of the advisory lock that keeps shop-local dates and the time zone of a shop together.';

revoke execute on function public.shop_timezone_lock_key(uuid) from public, anon, authenticated;
grant execute on function public.shop_timezone_lock_key(uuid) to service_role;
