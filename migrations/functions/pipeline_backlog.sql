-- How much waits, for one shop or (null) for all. Reads only the partial indexes of the marks. What is
-- marked for a part that is switched off for its shop does not count: nobody is to do it.
create or replace function public.pipeline_backlog(p_shop_id uuid default null)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with ros as (
    select count(*) as waiting, min(r.stale_since) as oldest
      from public.repair_orders r
      join public.shops s on s.id = r.shop_id and public.shop_part_is_on(s.features, 'snapshots')
     where r.snapshot_stale and (p_shop_id is null or r.shop_id = p_shop_id)
  ), days as (
    select count(*) as waiting, min(d.marked_at) as oldest
      from public.dirty_days d
      join public.shops s on s.id = d.shop_id and public.shop_part_is_on(s.features, 'metrics')
     where p_shop_id is null or d.shop_id = p_shop_id
  ), items as (
    select count(*) as waiting, min(i.requested_at) as oldest
      from public.sync_run_items i
     where i.outcome = 'pending' and (p_shop_id is null or i.shop_id = p_shop_id)
  ), runs as (
    select count(*) as waiting
      from public.sync_log l
     where l.status in ('listing', 'syncing') and (p_shop_id is null or l.shop_id = p_shop_id)
  ), parties as (
    select (select count(*) from public.customers c
              join public.shops s on s.id = c.shop_id and public.shop_part_is_on(s.features, 'lists')
             where c.is_placeholder and c.looked_up_at is null and (p_shop_id is null or c.shop_id = p_shop_id))
         + (select count(*) from public.vehicles v
              join public.shops s on s.id = v.shop_id and public.shop_part_is_on(s.features, 'lists')
             where v.is_placeholder and v.looked_up_at is null and (p_shop_id is null or v.shop_id = p_shop_id)) as waiting
  )
  select jsonb_build_object('stale_ros', ros.waiting, 'dirty_days', days.waiting, 'pending_items', items.waiting,
                            'open_runs', runs.waiting, 'unknown_parties', parties.waiting,
                            'oldest_mark_at', least(ros.oldest, days.oldest, items.oldest))
    from ros, days, items, runs, parties
$$;

comment on function public.pipeline_backlog(uuid) is
  'Counts of what waits: {stale_ros, dirty_days, pending_items, open_runs, unknown_parties, oldest_mark_at}.';

revoke execute on function public.pipeline_backlog(uuid) from public, anon, authenticated;
grant execute on function public.pipeline_backlog(uuid) to service_role;
