-- What /metrics asks of the warehouse at every scrape: what waits, what is held back, how runs of the last hour ended, and
-- when each shop was last listed to the end. Reads marks by their partial indexes and an hour of the log; no business rows.
create or replace function public.operational_gauges()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
    'backlog', public.pipeline_backlog() - 'oldest_mark_at',
    'oldest_seconds', jsonb_build_object(
      'stale_ros', (select extract(epoch from now() - min(r.stale_since)) from public.repair_orders r
                      join public.shops s on s.id = r.shop_id and public.shop_part_is_on(s.features, 'snapshots')
                     where r.snapshot_stale),
      'dirty_days', (select extract(epoch from now() - min(d.marked_at)) from public.dirty_days d
                       join public.shops s on s.id = d.shop_id and public.shop_part_is_on(s.features, 'metrics')),
      'pending_items', (
        select extract(epoch from now() - min(i.requested_at)) from public.sync_run_items i where i.outcome = 'pending')),
    'runs', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', x.kind, 'status', x.status, 'count', x.count)), '[]')
        from (
          select l.kind,
                 case when l.status = 'finished' and l.failed > 0 then 'finished-with-failures'
                      -- The shop is paused for it and has its own alert.
                      when l.status = 'failed' and l.error ->> 'class' = 'credential' then 'refused'
                      else l.status end as status,
                 count(*) as count
            from public.shops s
            join public.sync_log l on l.shop_id = s.id and l.started_at > now() - interval '1 hour'
           group by 1, 2
        ) x),
    'quarantine', (
      select jsonb_build_object('repair_orders', count(*), 'withheld_cents', coalesce(sum(q.withheld_cents), 0))
        from public.quarantined_repair_orders q),
    'deletions_held', (select count(*) from public.repair_order_deletions d where d.state = 'held'),
    'shops', (
      select coalesce(jsonb_agg(jsonb_build_object(
               'shop_tm_id', s.tm_id, 'paused', s.paused_at is not null and not s.promoting,
               'listed_seconds', extract(epoch from now() - coalesce(c.cursor_at, s.created_at))) order by s.tm_id), '[]')
        from public.shops s
        left join public.sync_cursors c on c.shop_id = s.id and c.entity_type = 'repair_orders.board')
  )
$$;

comment on function public.operational_gauges() is
  'Gauges for /metrics: backlog, oldest_seconds of each kind of mark (NULL: none), runs opened in the last hour by kind and status (refused: failed because TM refuses the token), quarantine, deletions_held, and per shop paused and listed_seconds (since its boards were last listed to the end, or it was added).';

revoke execute on function public.operational_gauges() from public, anon, authenticated;
grant execute on function public.operational_gauges() to service_role;
