-- A backfill as people see it. ROs are counted from the items of its windows' runs, each once; after the runs were
-- purged (30 days) only the number of failed ROs that the windows kept is left.
create or replace function public.backfill_progress(p_backfill_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_progress jsonb;
begin
  with windows as (
    select w.*, exists (select from public.sync_log l where l.id = w.run_id) as has_run
      from public.backfill_windows w
     where w.backfill_id = p_backfill_id
  ), items as (
    select w.position, w.from_date, w.to_date, i.ro_tm_id, i.outcome, i.reason
      from windows w
      join public.sync_run_items i on i.run_id = w.run_id
  )
  select jsonb_build_object(
           'backfill_id', b.id, 'shop_id', b.shop_id, 'shop_tm_id', s.tm_id, 'from', b.from_date, 'to', b.to_date,
           'window_days', b.window_days, 'status', b.status, 'started_at', b.started_at, 'finished_at', b.finished_at,
           'forecast', b.forecast,
           'windows', (
             select jsonb_build_object(
                      'total', count(*), 'waiting', count(*) filter (where w.status = 'waiting'),
                      'listing', count(*) filter (where w.status = 'listing'),
                      'syncing', count(*) filter (where w.status = 'syncing'),
                      'done', count(*) filter (where w.status = 'done'),
                      'failed', count(*) filter (where w.status = 'failed'),
                      'with_failures', count(*) filter (where w.status = 'failed' or exists (
                        select from items i where i.position = w.position and i.outcome = 'failed')
                        or (not w.has_run and w.failed_ros > 0)))
               from windows w),
           'pages', (select coalesce(sum(w.pages), 0) from windows w),
           'truncated', (select coalesce(bool_or(w.truncated), false) from windows w),
           'working_on', (
             select to_jsonb(max(w.to_date)) from windows w where w.status in ('listing', 'syncing')),
           'ros', (
             select jsonb_build_object(
                      'listed', count(*), 'created', count(*) filter (where i.outcome = 'created'),
                      'updated', count(*) filter (where i.outcome = 'updated'),
                      'unchanged', count(*) filter (where i.outcome = 'unchanged'),
                      'stale', count(*) filter (where i.outcome = 'stale'),
                      'deleted', count(*) filter (where i.outcome = 'deleted'),
                      'skipped', count(*) filter (where i.outcome = 'skipped'),
                      'failed', count(*) filter (where i.outcome = 'failed')
                        + (select coalesce(sum(w.failed_ros), 0) from windows w where not w.has_run),
                      'pending', count(*) filter (where i.outcome = 'pending'))
               from items i),
           'failures', (
             select coalesce(jsonb_agg(f.failure order by f.position, f.ro nulls first), '[]')
               from (
                 select w.position, null::bigint as ro, jsonb_build_object(
                          'from', w.from_date, 'to', w.to_date, 'ro', null, 'reason', w.error ->> 'reason') as failure
                   from windows w
                  where w.status = 'failed'
                  union all
                 select i.position, i.ro_tm_id, jsonb_build_object(
                          'from', i.from_date, 'to', i.to_date, 'ro', i.ro_tm_id, 'reason', i.reason)
                   from items i
                  where i.outcome = 'failed'
                  order by 1, 2 nulls first
                  limit 20
               ) f))
    into v_progress
    from public.backfills b
    join public.shops s on s.id = b.shop_id
   where b.id = p_backfill_id;
  if v_progress is null then
    raise exception 'there is no backfill %', p_backfill_id using errcode = '22023';
  end if;
  return v_progress;
end
$$;

comment on function public.backfill_progress(uuid) is
  'State of a backfill: windows by status, ROs by outcome, pages, the newest day being worked on and the first 20 failures [{from, to, ro, reason}]; ro is null when the listing of the window failed.';

revoke execute on function public.backfill_progress(uuid) from public, anon, authenticated;
grant execute on function public.backfill_progress(uuid) to service_role;
