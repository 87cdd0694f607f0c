-- What still waits after the ordinary way had its time: for the sweep, oldest first, at most p_limit of each kind.
-- Marks of a part that is switched off for their shop wait until it is on again, and take nobody else's place.
create or replace function public.dirty_marks(p_older_than_seconds integer, p_limit integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
    'stale_ros', (
      select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', x.shop_tm_id, 'ro', x.tm_id) order by x.stale_since, x.tm_id), '[]')
        from (
          select s.tm_id as shop_tm_id, r.tm_id, r.stale_since
            from public.repair_orders r
            join public.shops s on s.id = r.shop_id
           where r.snapshot_stale and public.shop_part_is_on(s.features, 'snapshots')
             and r.stale_since <= now() - make_interval(secs => p_older_than_seconds)
           order by r.stale_since, r.tm_id
           limit p_limit
        ) x
    ),
    'dirty_days', (
      select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', x.shop_tm_id, 'date', x.metric_date) order by x.marked_at, x.metric_date), '[]')
        from (
          select s.tm_id as shop_tm_id, d.metric_date, d.marked_at
            from public.dirty_days d
            join public.shops s on s.id = d.shop_id
           where public.shop_part_is_on(s.features, 'metrics')
             and d.marked_at <= now() - make_interval(secs => p_older_than_seconds)
           order by d.marked_at, d.metric_date
           limit p_limit
        ) x
    ),
    'pending_items', (
      select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', x.shop_tm_id, 'ro', x.ro_tm_id, 'run_id', x.run_id) order by x.requested_at, x.ro_tm_id), '[]')
        from (
          select s.tm_id as shop_tm_id, i.ro_tm_id, i.run_id, i.requested_at
            from public.sync_run_items i
            join public.shops s on s.id = i.shop_id
           where i.outcome = 'pending' and i.requested_at <= now() - make_interval(secs => p_older_than_seconds)
           order by i.requested_at, i.ro_tm_id
           limit p_limit
        ) x
    ),
    'unknown_parties', (
      select coalesce(jsonb_agg(s.tm_id order by s.tm_id), '[]')
        from public.shops s
       where public.shop_part_is_on(s.features, 'lists') and (exists (
               select from public.customers c
                where c.shop_id = s.id and c.is_placeholder and c.looked_up_at is null
                  and c.created_at <= now() - make_interval(secs => p_older_than_seconds))
          or exists (
               select from public.vehicles v
                where v.shop_id = s.id and v.is_placeholder and v.looked_up_at is null
                  and v.created_at <= now() - make_interval(secs => p_older_than_seconds)))
    )
  )
$$;

comment on function public.dirty_marks(integer, integer) is
  'Marks older than p_older_than_seconds: {stale_ros: [{shop_tm_id, ro}], dirty_days: [{shop_tm_id, date}], pending_items: [{shop_tm_id, ro, run_id}]}, oldest first; unknown_parties: [shop_tm_id] of shops with customers or vehicles never seen in full.';

revoke execute on function public.dirty_marks(integer, integer) from public, anon, authenticated;
grant execute on function public.dirty_marks(integer, integer) to service_role;
