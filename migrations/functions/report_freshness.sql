-- How far the figures of a range can be trusted: up to when the shop is proven against TM's own report and how many days
-- of the range are, when TM was last listed, and what is known to be missing or waiting. Days to come are not counted.
-- last_synced_at is the begin of the newest finished run over all boards: what TM had then has been read. Runs of one RO, of
-- one board, of posted ROs, of a backfill's window or up to a limit say nothing about the rest.
create or replace function public.report_freshness(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
           'complete_through', c.proof -> 'through',
           'complete_through_at', c.proof -> 'through_at',
           'stopped_by', c.proof -> 'why',
           'days_proven', d.proven,
           'days_differing', d.differing,
           'days_unproven', d.unproven,
           'last_synced_at', (
             select l.started_at
               from public.sync_log l
              where l.shop_id = p_shop_id and l.kind = 'repair-orders' and l.status = 'finished' and not l.truncated
                and not l.params ?| array['ro', 'limit']
                and coalesce(l.params ->> 'board', 'ALL') = 'ALL'
                and coalesce(l.params ->> 'source', 'all') in ('board', 'sweep', 'all')
              order by l.started_at desc
              limit 1),
           'stale_ros', (
             select count(*) from public.repair_orders o where o.shop_id = p_shop_id and o.snapshot_stale),
           'dirty_days', (
             select count(*)
               from public.dirty_days d
              where d.shop_id = p_shop_id and d.metric_date between p_from and p_to),
           'quarantined', q.ro_count,
           'quarantined_unknown', q.unknown,
           'withheld_cents', q.withheld)
    from (
      select count(*) as ro_count,
             count(*) filter (where v.withheld_cents is null) as unknown,
             coalesce(sum(v.withheld_cents), 0) as withheld
        from public.quarantined_repair_orders v
       where v.shop_id = p_shop_id
    ) q
   cross join (select public.complete_through(p_shop_id) as proof) c
   cross join (
     -- as reconciliation_days says of each: a day without a row is not_yet, a proven one with work waiting too
     select x.proven, x.differing, greatest(x.days, 0) - x.proven - x.differing as unproven
       from (
         select least(p_to, (now() at time zone s.timezone)::date) - p_from + 1 as days,
                count(*) filter (where c.state = 'proven' and w.metric_date is null) as proven,
                count(*) filter (where c.state = 'differs') as differing
           from public.shops s
           left join public.reconciliations c
             on c.shop_id = s.id
            and c.metric_date between p_from and least(p_to, (now() at time zone s.timezone)::date)
           left join public.dirty_days w on w.shop_id = c.shop_id and w.metric_date = c.metric_date
          where s.id = p_shop_id
          group by s.id
       ) x
   ) d
$$;

comment on function public.report_freshness(uuid, date, date) is
  'What stands between the figures of a range and TM: {complete_through, complete_through_at, stopped_by (of the shop, see complete_through), days_proven, days_differing, days_unproven (of the range), last_synced_at, stale_ros, dirty_days (of the range), quarantined, quarantined_unknown, withheld_cents [AUTHORIZED]}. Part of report_summary.';

revoke execute on function public.report_freshness(uuid, date, date) from public, anon, authenticated;
grant execute on function public.report_freshness(uuid, date, date) to authenticated, service_role;
