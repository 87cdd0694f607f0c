-- The ROs whose snapshots a rebuild of a range looks at (repair_orders_of_days), as one value.
create or replace function public.metric_repair_orders(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(r.tm_id order by r.tm_id), '[]')
    from public.repair_orders_of_days(p_shop_id, p_from, p_to) d
    join public.repair_orders r on r.id = d.repair_order_id
$$;

comment on function public.metric_repair_orders(uuid, date, date) is
  'TM ids of the ROs posted, completed or pictured on these shop-local days, both included, as a JSON array in id order.';

revoke execute on function public.metric_repair_orders(uuid, date, date) from public, anon, authenticated;
grant execute on function public.metric_repair_orders(uuid, date, date) to service_role;
