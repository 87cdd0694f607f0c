-- Stores what comparing one range of days with TM's report gave. Twice per run: what differs at the first look is put on
-- the run to be read once more, and days that contradict themselves are marked (the outbox of both: a sweep finds what was
-- never enqueued); those days are not_yet/resyncing until the last look decides. ROs that a built-in check names forget
-- their hashes, or their next read, having the same content, would change nothing.
-- A day is proven when the report was read to its end, nothing differs, no check finds anything and nothing of the day
-- waits to be computed.
-- Locks: the shop's reconciliations, then ROs in id order, reconciliations and dirty days in date order.
-- p_listing: {listed_at, complete}; p_rows as for compare_with_report.
create or replace function public.reconcile_days(
  p_shop_id uuid,
  p_run_id uuid,
  p_from date,
  p_to date,
  p_rows jsonb,
  p_listing jsonb,
  p_last boolean
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_complete boolean := (p_listing ->> 'complete')::boolean;
  v_found jsonb;
  v_ros bigint[];
  v_contradictory date[];
begin
  perform pg_advisory_xact_lock(hashtextextended('reconcile:' || p_shop_id, 0));

  -- with what came of reading the RO again, which at the first look is nothing yet
  select coalesce(jsonb_agg(
           d.difference || jsonb_strip_nulls(jsonb_build_object(
             'ro_number', r.ro_number, 'resynced', i.outcome, 'failure', i.reason))
           order by d.metric_date, d.ro, d.kind, d.place), '[]')
    into v_found
    from (
      select c.metric_date, c.ro_tm_id as ro, c.kind, coalesce(c.column_name, '') as place,
             jsonb_build_object('date', c.metric_date, 'kind', c.kind, 'ro', c.ro_tm_id, 'column', c.column_name,
                                'tm', c.tm, 'here', c.here) as difference
        from public.compare_with_report(p_shop_id, p_from, p_to, p_rows) c
       where v_complete
      union all
      select (f.value ->> 'date')::date, (f.value ->> 'ro')::bigint, 'check', f.value ->> 'table',
             jsonb_build_object(
               'date', f.value -> 'date', 'kind', 'check', 'ro', f.value -> 'ro', 'check', f.value -> 'check',
               'column', concat_ws('.', f.value ->> 'table', f.value ->> 'column'), 'expected', f.value -> 'expected',
               'here', f.value -> 'stored', 'action', f.value -> 'action')
        from jsonb_array_elements(public.check_warehouse(p_shop_id, p_from, p_to)) f
       where (f.value ->> 'date')::date between p_from and p_to
    ) d
    left join public.repair_orders r on r.shop_id = p_shop_id and r.tm_id = d.ro
    left join public.sync_run_items i on i.run_id = p_run_id and i.ro_tm_id = d.ro;

  select coalesce(array_agg(distinct (d.value ->> 'ro')::bigint) filter (where d.value ->> 'ro' is not null), '{}'),
         coalesce(array_agg(distinct (d.value ->> 'date')::date) filter (where d.value ->> 'ro' is null), '{}')
    into v_ros, v_contradictory
    from jsonb_array_elements(v_found) d;

  if not p_last then
    with checked as (
      select r.id
        from public.repair_orders r
       where r.shop_id = p_shop_id
         and r.tm_id in (
           select (d.value ->> 'ro')::bigint from jsonb_array_elements(v_found) d where d.value ->> 'kind' = 'check')
       order by r.id
         for no key update
    )
    update public.repair_orders r
       set content_hash = null, lines_hash = null, metric_hash = null
      from checked
     where r.id = checked.id;
    perform public.record_run_items(p_run_id, p_shop_id, (
      select coalesce(jsonb_agg(jsonb_build_object('ro', x.ro, 'outcome', 'pending')), '[]') from unnest(v_ros) x(ro)));
  end if;

  perform from public.reconciliations c
    where c.shop_id = p_shop_id and c.metric_date between p_from and p_to
    order by c.metric_date
      for no key update;
  with stale as (
    select r.id, r.posted_date, r.completed_date
      from public.repair_orders r
     where r.shop_id = p_shop_id and r.snapshot_stale
  ), waiting as (
    select d.metric_date from public.dirty_days d where d.shop_id = p_shop_id
    union
    select unnest(array[s.posted_date, s.completed_date]) from stale s
    union
    select s.snapshot_date from public.ro_snapshots s where s.counted and s.repair_order_id in (select stale.id from stale)
  ), listed as (
    select (i.posted at time zone z.timezone)::date as day, count(distinct i.ro) as ros
      from jsonb_to_recordset(p_rows) as i(ro bigint, posted timestamptz)
      join public.shops z on z.id = p_shop_id
     group by 1
  ), counted as (
    select s.snapshot_date as day,
           count(*) filter (where s.snapshot_trigger = 'posted') as posted,
           count(*) filter (where s.snapshot_trigger = 'completed') as completed
      from public.ro_snapshots s
     where s.shop_id = p_shop_id and s.counted and s.snapshot_date between p_from and p_to
     group by s.snapshot_date
  ), difference as (
    select (d.value ->> 'date')::date as day, jsonb_agg(d.value - 'date' order by d.ordinality) as found
      from jsonb_array_elements(v_found) with ordinality d
     group by 1
  ), compared as (
    select g.day::date as day, coalesce(listed.ros, 0) as tm_ros, coalesce(counted.posted, 0) as local_ros,
           coalesce(counted.completed, 0) as completed_ros, coalesce(difference.found, '[]') as found,
           case
             when not v_complete then 'listing_incomplete'
             when not p_last and (difference.day is not null or waiting.metric_date is not null) then 'resyncing'
             when waiting.metric_date is not null then 'work_pending'
           end as reason
      from generate_series(p_from, p_to, interval '1 day') g(day)
      left join listed on listed.day = g.day
      left join counted on counted.day = g.day
      left join difference on difference.day = g.day
      left join waiting on waiting.metric_date = g.day
  )
  insert into public.reconciliations as c (
    shop_id, metric_date, state, reason, tm_ros, local_ros, completed_ros, differences, run_id, listed_at
  )
  select p_shop_id, x.day,
         case when x.reason is not null then 'not_yet' when x.found <> '[]' then 'differs' else 'proven' end,
         x.reason, x.tm_ros, x.local_ros, x.completed_ros, x.found, p_run_id, (p_listing ->> 'listed_at')::timestamptz
    from compared x
   order by x.day
  on conflict (shop_id, metric_date) do update
     set state = excluded.state, reason = excluded.reason, tm_ros = excluded.tm_ros, local_ros = excluded.local_ros,
         completed_ros = excluded.completed_ros, differences = excluded.differences, run_id = excluded.run_id,
         listed_at = excluded.listed_at, reconciled_at = now(), changed_at = null;

  if not p_last then
    insert into public.dirty_days as d (shop_id, metric_date)
    select p_shop_id, x.day from unnest(v_contradictory) x(day) order by x.day
    on conflict (shop_id, metric_date) do update set generation = nextval('public.dirty_days_generation_seq');
  end if;

  return jsonb_build_object(
    'resync', case when p_last then '[]' else to_jsonb(v_ros) end,
    'rebuild', case when p_last then '[]' else to_jsonb(v_contradictory) end,
    'findings', (
      select coalesce(jsonb_agg(jsonb_build_object('check', d.value -> 'check', 'ro', d.value -> 'ro')), '[]')
        from jsonb_array_elements(v_found) d
       where d.value ->> 'kind' = 'check'),
    'open', (
      select count(*)
        from public.reconciliations c
       where c.shop_id = p_shop_id and c.metric_date between p_from and p_to and c.reason = 'resyncing'));
end
$$;

comment on function public.reconcile_days(uuid, uuid, date, date, jsonb, jsonb, boolean) is
  'Compares a range of shop-local days with TM''s report and stores the result. Returns {resync: ROs to read again, rebuild: days to compute again, findings: [{check, ro}] of the built-in checks, open: days that need the last look}.';

revoke execute on function public.reconcile_days(uuid, uuid, date, date, jsonb, jsonb, boolean)
  from public, anon, authenticated;
grant execute on function public.reconcile_days(uuid, uuid, date, date, jsonb, jsonb, boolean) to service_role;
