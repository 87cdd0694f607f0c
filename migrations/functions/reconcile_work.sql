-- How far a reconcile is: the ranges of its run (its params) and which look each needs, so that a queue job may die
-- between any two statements and go on. looks: 0 not compared, 1 what differed is being read again, 2 decided.
-- pending, stale and dirty count what the last look waits for.
create or replace function public.reconcile_work(p_run_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with run as (
    select l.id, l.shop_id, l.status, l.params from public.sync_log l where l.id = p_run_id
  ), range as (
    select r.ordinality, (r.value ->> 'from')::date as first, (r.value ->> 'to')::date as last
      from run
     cross join jsonb_array_elements(run.params -> 'ranges') with ordinality r
  ), looked as (
    select g.ordinality, g.first, g.last,
           case when count(c.metric_date) < g.last - g.first + 1 then 0
                when bool_or(c.reason is not distinct from 'resyncing') then 1
                else 2 end as looks
      from range g
     cross join run
      left join public.reconciliations c
        on c.shop_id = run.shop_id and c.metric_date between g.first and g.last and c.run_id = run.id
     group by g.ordinality, g.first, g.last
  )
  select jsonb_build_object(
           'ranges', (
             select coalesce(jsonb_agg(jsonb_build_object('from', l.first, 'to', l.last, 'looks', l.looks)
                                       order by l.ordinality), '[]')
               from looked l),
           'pending', (select count(*) from public.sync_run_items i where i.run_id = run.id and i.outcome = 'pending'),
           'stale', (
             select count(*)
               from public.repair_orders r
              where r.shop_id = run.shop_id
                and r.snapshot_stale
                and (r.tm_id in (select i.ro_tm_id from public.sync_run_items i where i.run_id = run.id)
                  or exists (
                    select from looked l
                     where l.looks = 1 and (r.posted_date between l.first and l.last
                       or r.completed_date between l.first and l.last)))),
           'dirty', (
             select count(*)
               from public.dirty_days d
               join looked l on l.looks = 1 and d.metric_date between l.first and l.last
              where d.shop_id = run.shop_id))
    from run
$$;

comment on function public.reconcile_work(uuid) is
  'State of a reconcile run: {ranges: [{from, to, looks}], pending, stale, dirty}; NULL for an unknown run.';

revoke execute on function public.reconcile_work(uuid) from public, anon, authenticated;
grant execute on function public.reconcile_work(uuid) to service_role;
