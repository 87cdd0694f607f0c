-- The snapshots of a day that hold no longer, with the moment and the cause. The cause is told from the RO as it is now:
-- deleted; counted on another day or by another trigger; or back in a status that does not count. A snapshot by hand
-- never counted and gives way to the first that does.
create or replace function public.explain_superseded(p_shop_id uuid, p_date date, p_ro_tm_id bigint)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(
           jsonb_agg(
             jsonb_build_object(
               'ro_tm_id', s.ro_tm_id, 'ro_number', s.ro_number, 'trigger', s.snapshot_trigger,
               'authorized_revenue', s.authorized_revenue, 'authorized_profit', s.authorized_profit,
               'superseded_at', s.superseded_at,
               'cause', case
                 when o.deleted_at is not null or o.status_id = 7 then 'deleted'
                 when c.id is not null then 'counts_elsewhere'
                 else 'status_does_not_count' end,
               'status_now', o.status,
               'counts_on', c.snapshot_date,
               'counts_as', c.snapshot_trigger)
             order by s.superseded_at, s.ro_tm_id),
           '[]')
    from public.ro_snapshots s
    join public.repair_orders o on o.id = s.repair_order_id
    left join public.ro_snapshots c on c.repair_order_id = s.repair_order_id and c.counted
   where s.shop_id = p_shop_id and s.snapshot_date = p_date and s.superseded_at is not null
     and (p_ro_tm_id is null or s.ro_tm_id = p_ro_tm_id)
$$;

comment on function public.explain_superseded(uuid, date, bigint) is
  'Snapshots of a day that no longer hold: [{ro_tm_id, ro_number, trigger, authorized_revenue, authorized_profit, superseded_at, cause: deleted|counts_elsewhere|status_does_not_count, status_now, counts_on, counts_as}]. Part of explain_day.';

revoke execute on function public.explain_superseded(uuid, date, bigint) from public, anon, authenticated;
grant execute on function public.explain_superseded(uuid, date, bigint) to authenticated, service_role;
