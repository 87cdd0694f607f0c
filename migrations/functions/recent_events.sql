-- What happened since a moment, oldest first: ROs read or failed, in a run or without one as after a webhook (ro-synced),
-- days recomputed (day-changed), runs opened, moved on (with their counts) or ended (run). A read is in repair_order_reads
-- and, in the same transaction, settles the items of its runs: then it is told from there. A transaction commits after
-- its timestamps, so a reader asks again for a little more than what is new and drops what it has seen. `now` is where the
-- next question begins. The planner does not see that little is new: what is looked up for each row is looked up under a
-- limit, which keeps it from reading whole tables instead.
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
  ), reads as (
    select 'ro-synced', d.shop_id, d.read_at,
           jsonb_build_object('ro', r.tm_id, 'run_id', null, 'outcome', case
             when r.created_at = d.read_at then 'created'
             when r.last_synced_at <> d.read_at then 'unchanged'
             when r.status_id = 7 then 'deleted'
             else 'updated' end)
      from (
        select n.repair_order_id, n.shop_id, n.read_at
          from public.repair_order_reads n
         where n.read_at > p_after
         order by n.read_at
         limit p_limit
      ) d
     cross join lateral (
       select o.tm_id, o.created_at, o.last_synced_at, o.status_id
         from public.repair_orders o
        where o.id = d.repair_order_id
        limit 1
     ) r
      left join lateral (
       select true as is_told
         from public.sync_run_items i
        where i.settled_at = d.read_at and i.outcome not in ('pending', 'skipped')
          and i.shop_id = d.shop_id and i.ro_tm_id = r.tm_id
        limit 1
     ) t on true
     where t.is_told is null
  ), days as (
    select 'day-changed', m.shop_id, m.updated_at, jsonb_build_object('date', m.metric_date)
      from public.daily_shop_metrics m
     where m.updated_at > p_after
     order by m.updated_at
     limit p_limit
  ), runs as (
    select 'run', x.shop_id, x.at, jsonb_build_object('run_id', x.id, 'kind', x.kind, 'trigger', x.trigger, 'status', x.status)
      from (
        (select l.shop_id, l.started_at as at, l.id, l.kind, l.trigger, 'started' as status
           from public.sync_log l
          where l.started_at > p_after
          order by l.started_at
          limit p_limit)
         union all
        (select l.shop_id, l.finished_at, l.id, l.kind, l.trigger, l.status
           from public.sync_log l
          where l.finished_at > p_after
          order by l.finished_at
          limit p_limit)
      ) x
     order by x.at
     limit p_limit
  ), progress as (
    -- Open runs only: the counts of one that has ended are in its answer.
    select 'run', l.shop_id, x.at,
           jsonb_build_object('run_id', l.id, 'kind', l.kind, 'trigger', l.trigger, 'status', l.status) || to_jsonb(c)
      from (
        select i.run_id, max(i.settled_at) as at
          from (
            select s.run_id, s.settled_at
              from public.sync_run_items s
             where s.settled_at > p_after and s.outcome not in ('pending', 'skipped')
             order by s.settled_at
             limit p_limit
          ) i
         group by i.run_id
      ) x
     cross join lateral (
       select o.id, o.shop_id, o.kind, o.trigger, o.status
         from public.sync_log o
        where o.id = x.run_id and o.status in ('listing', 'syncing')
        limit 1
     ) l
     cross join lateral public.run_counts(l.id) c
  ), happened as (
    select * from ros union all select * from reads union all select * from days union all select * from runs
     union all
    select * from progress
  )
  select jsonb_build_object('now', now(), 'events', coalesce((
    select jsonb_agg(jsonb_build_object('event', h.event, 'shop_id', h.shop_id, 'shop_tm_id', s.tm_id, 'at', h.at, 'data', h.data)
                     order by h.at, h.event)
      from (select * from happened order by at limit p_limit) h
      join public.shops s on s.id = h.shop_id), '[]'))
$$;

comment on function public.recent_events(timestamptz, integer) is
  'Outcomes of ROs, recomputed days, runs opened, moved on and ended after a moment: {now, events: [{event, shop_id, shop_tm_id, at, data}]}.';

revoke execute on function public.recent_events(timestamptz, integer) from public, anon, authenticated;
grant execute on function public.recent_events(timestamptz, integer) to service_role;
