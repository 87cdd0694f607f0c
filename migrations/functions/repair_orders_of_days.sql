-- The ROs that a range of days is about: those that qualify on one of the days and those that have a live snapshot
-- there, which may have to go. Snapshots made by hand count for nothing and are left alone.
create or replace function public.repair_orders_of_days(p_shop_id uuid, p_from date, p_to date)
returns table (repair_order_id uuid)
language sql
stable
security invoker
set search_path = ''
as $$
  select r.id
    from public.repair_orders r
   where r.shop_id = p_shop_id and r.posted_date between p_from and p_to
  union
  select r.id
    from public.repair_orders r
   where r.shop_id = p_shop_id and r.completed_date between p_from and p_to
  union
  select s.repair_order_id
    from public.ro_snapshots s
   where s.shop_id = p_shop_id and s.snapshot_date between p_from and p_to and s.superseded_at is null
     and s.snapshot_trigger <> 'manual'
$$;

comment on function public.repair_orders_of_days(uuid, date, date) is
  'Ids of the ROs posted, completed or pictured (not by hand, not superseded) on these shop-local days, both included.';

revoke execute on function public.repair_orders_of_days(uuid, date, date) from public, anon, authenticated;
grant execute on function public.repair_orders_of_days(uuid, date, date) to service_role;
