-- What happened since a moment, oldest first: ROs read or failed, in a run or without one as after a webhook (ro-synced),
-- days recomputed (day-changed), runs opened, moved on (with their counts) or ended (run). A read is in repair_order_reads
-- and, in the same transaction, settles the items of its runs: then it is told from there. A transaction commits after
-- its timestamps, so a reader asks again for a little more than what is new and drops what it has seen. `now` is where the
-- next question begins; without a moment (NULL) that is the whole answer.
-- Any number of events may share a moment, so they are in the order of moment, event and id: `next` of a full page is the
-- last of it, and goes back in as p_after, p_event and p_id. One RO of one shop has the same id from both places.
-- The planner does not see that little is new: what is looked up for each row is looked up under a limit, which keeps it
-- from reading whole tables instead.
create or replace function public.recent_events(
  p_after timestamptz,
  p_limit integer,
  -- Without these, only what is later than the moment: no event comes after the last letter.
  p_event text default 'z',
  p_id text default ''
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with ros as (
    select x.settled_at as at, 'ro-synced' as event, x.id, x.shop_id,
           jsonb_build_object('ro', x.ro_tm_id, 'outcome', x.outcome, 'run_id', x.run_id) as data
      from (
        -- One read may settle the same RO in several runs: it is one event.
        select distinct on (i.settled_at, k.id) i.*, k.id
          from public.sync_run_items i
         cross join lateral (select i.shop_id || ' ' || i.ro_tm_id as id) k
         where i.settled_at >= p_after and (i.settled_at, 'ro-synced', k.id) > (p_after, p_event, p_id)
           and i.outcome not in ('pending', 'skipped')
         order by i.settled_at, k.id, i.run_id
         limit p_limit
      ) x
  ), reads as (
    select d.read_at, 'ro-synced', d.id, d.shop_id,
           jsonb_build_object('ro', d.tm_id, 'run_id', null, 'outcome', case
             when d.created_at = d.read_at then 'created'
             when d.last_synced_at <> d.read_at then 'unchanged'
             when d.status_id = 7 then 'deleted'
             else 'updated' end)
      from (
        select n.read_at, n.shop_id, r.*
          from public.repair_order_reads n
         cross join lateral (
           select n.shop_id || ' ' || o.tm_id as id, o.tm_id, o.created_at, o.last_synced_at, o.status_id
             from public.repair_orders o
            where o.id = n.repair_order_id
            limit 1
         ) r
         where n.read_at >= p_after and (n.read_at, 'ro-synced', r.id) > (p_after, p_event, p_id)
         order by n.read_at, r.id
         limit p_limit
      ) d
      left join lateral (
       select true as is_told
         from public.sync_run_items i
        where i.settled_at = d.read_at and i.outcome not in ('pending', 'skipped')
          and i.shop_id = d.shop_id and i.ro_tm_id = d.tm_id
        limit 1
     ) t on true
     where t.is_told is null
  ), days as (
    select m.updated_at, 'day-changed', k.id, m.shop_id, jsonb_build_object('date', m.metric_date)
      from public.daily_shop_metrics m
     cross join lateral (select m.shop_id || ' ' || m.metric_date as id) k
     where m.updated_at >= p_after and (m.updated_at, 'day-changed', k.id) > (p_after, p_event, p_id)
     order by m.updated_at, k.id
     limit p_limit
  ), runs as (
    select x.at, 'run', x.key, x.shop_id,
           jsonb_build_object('run_id', x.id, 'kind', x.kind, 'trigger', x.trigger, 'status', x.status)
      from (
        (select l.started_at as at, l.id || ' 1' as key, l.shop_id, l.id, l.kind, l.trigger, 'started' as status
           from public.sync_log l
          where l.started_at >= p_after and (l.started_at, 'run', l.id || ' 1') > (p_after, p_event, p_id)
          order by at, key
          limit p_limit)
         union all
        (select l.finished_at as at, l.id || ' 3' as key, l.shop_id, l.id, l.kind, l.trigger, l.status
           from public.sync_log l
          where l.finished_at >= p_after and (l.finished_at, 'run', l.id || ' 3') > (p_after, p_event, p_id)
          order by at, key
          limit p_limit)
      ) x
  ), moved as (
    -- Each run once at each moment, however many items it has.
    select distinct s.settled_at as at, s.run_id || ' 2' as key, s.run_id
      from public.sync_run_items s
     where s.settled_at >= p_after and (s.settled_at, 'run', s.run_id || ' 2') > (p_after, p_event, p_id)
       and s.outcome not in ('pending', 'skipped')
     order by at, key
     limit p_limit
  ), progress as (
    -- Open runs only: the counts of one that has ended are in its answer. They are those of now, so once is enough.
    select x.at, 'run', x.key, l.shop_id,
           jsonb_build_object('run_id', l.id, 'kind', l.kind, 'trigger', l.trigger, 'status', l.status) || to_jsonb(c)
      from (
        select m.run_id, m.key, max(m.at) as at
          from moved m
         group by m.run_id, m.key
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
  ), page as (
    select * from happened h order by h.at, h.event, h.id limit p_limit
  )
  select jsonb_build_object(
    'now', now(),
    'events', coalesce((
      select jsonb_agg(jsonb_build_object('event', h.event, 'shop_id', h.shop_id, 'shop_tm_id', s.tm_id, 'at', h.at, 'data', h.data)
                       order by h.at, h.event, h.id)
        from page h
        join public.shops s on s.id = h.shop_id), '[]'),
    'next', (
      select jsonb_build_object('at', h.at, 'event', h.event, 'id', h.id)
        from page h
       order by h.at, h.event, h.id
      offset p_limit - 1))
$$;

comment on function public.recent_events(timestamptz, integer, text, text) is
  'Outcomes of ROs, recomputed days, runs opened, moved on and ended after a moment: {now, events: [{event, shop_id, shop_tm_id, at, data}], next: {at, event, id} of a full page}.';

revoke execute on function public.recent_events(timestamptz, integer, text, text) from public, anon, authenticated;
grant execute on function public.recent_events(timestamptz, integer, text, text) to service_role;
