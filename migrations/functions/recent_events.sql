-- What happened since a moment, oldest first: ROs of runs read or failed (ro-synced), days recomputed (day-changed), runs
-- opened or ended (run). A transaction commits after its timestamps, so a reader asks again for a little more than what is
-- new and drops what it has seen. `now` is where the next question begins.
create or replace function public.recent_events(p_after timestamptz, p_limit integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with ros as (
    select 'ro-synced' as event, x.shop_id, x.settled_at as at,
           jsonb_build_object('ro', x.ro_tm_id, 'outcome', x.outcome, 'run_id', x.run_id) as data
      from (
        -- One read may settle the same RO in several runs: it is one event.
        select distinct on (i.settled_at, i.shop_id, i.ro_tm_id) i.*
          from public.sync_run_items i
         where i.settled_at > p_after and i.outcome not in ('pending', 'skipped')
         order by i.settled_at, i.shop_id, i.ro_tm_id, i.run_id
         limit p_limit
      ) x
  ), days as (
    select 'day-changed', m.shop_id, m.updated_at, jsonb_build_object('date', m.metric_date)
      from public.daily_shop_metrics m
     where m.updated_at > p_after
     order by m.updated_at
     limit p_limit
  ), runs as (
    select 'run', x.shop_id, x.at, jsonb_build_object('run_id', x.id, 'kind', x.kind, 'trigger', x.trigger, 'status', x.status)
      from (
        select l.shop_id, l.started_at as at, l.id, l.kind, l.trigger, 'started' as status
          from public.sync_log l
         where l.started_at > p_after
         union all
        select l.shop_id, l.finished_at, l.id, l.kind, l.trigger, l.status
          from public.sync_log l
         where l.finished_at > p_after
      ) x
     order by x.at
     limit p_limit
  ), happened as (
    select * from ros union all select * from days union all select * from runs
  )
  select jsonb_build_object('now', now(), 'events', coalesce((
    select jsonb_agg(jsonb_build_object('event', h.event, 'shop_id', h.shop_id, 'shop_tm_id', s.tm_id, 'at', h.at, 'data', h.data)
                     order by h.at, h.event)
      from (select * from happened order by at limit p_limit) h
      join public.shops s on s.id = h.shop_id), '[]'))
$$;

comment on function public.recent_events(timestamptz, integer) is
  'Outcomes of ROs, recomputed days, runs opened and ended after a moment: {now, events: [{event, shop_id, shop_tm_id, at, data}]}.';

revoke execute on function public.recent_events(timestamptz, integer) from public, anon, authenticated;
grant execute on function public.recent_events(timestamptz, integer) to service_role;
