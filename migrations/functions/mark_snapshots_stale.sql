-- Marks the ROs of a range of days (repair_orders_of_days) for a rebuild of their snapshots. Rows are locked in id order.
create or replace function public.mark_snapshots_stale(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with locked as (
    select r.id
      from public.repair_orders r
     where r.id in (select d.repair_order_id from public.repair_orders_of_days(p_shop_id, p_from, p_to) d)
     order by r.id
       for no key update
  ), marked as (
    update public.repair_orders r
       set snapshot_stale = true, stale_since = coalesce(r.stale_since, now())
      from locked l
     where r.id = l.id
    returning r.tm_id
  )
  select coalesce(jsonb_agg(m.tm_id order by m.tm_id), '[]') from marked m
$$;

comment on function public.mark_snapshots_stale(uuid, date, date) is
  'Sets the dirty mark on every RO posted, completed or counted on these shop-local days. Returns their TM ids.';

revoke execute on function public.mark_snapshots_stale(uuid, date, date) from public, anon, authenticated;
grant execute on function public.mark_snapshots_stale(uuid, date, date) to service_role;
