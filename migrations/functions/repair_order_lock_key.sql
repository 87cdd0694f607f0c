-- The advisory lock that orders all writers of one RO, also of one that has no row yet.
create or replace function public.repair_order_lock_key(p_shop_id uuid, p_ro_tm_id bigint)
returns bigint
language sql
immutable
security invoker
set search_path = ''
as $$
  select hashtextextended('repair_order:' || p_shop_id || ':' || p_ro_tm_id, 0)
$$;

comment on function public.repair_order_lock_key(uuid, bigint) is
  'Key of the advisory lock every writer of this RO takes first. A collision only makes two ROs wait for each other.';

revoke execute on function public.repair_order_lock_key(uuid, bigint) from public, anon, authenticated;
grant execute on function public.repair_order_lock_key(uuid, bigint) to service_role;
