-- One run as callers see it. fetched = created + updated + unchanged + stale + deleted + skipped + failed + pending.
create or replace function public.run_progress(p_run_id uuid)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_progress jsonb;
begin
  select jsonb_build_object(
           'run_id', l.id, 'shop_id', l.shop_id, 'shop_tm_id', s.tm_id, 'kind', l.kind, 'trigger', l.trigger,
           'backfill_id', l.params ->> 'backfill', 'status', l.status, 'truncated', l.truncated, 'started_at', l.started_at, 'listed_at', l.listed_at,
           'finished_at', l.finished_at, 'error', l.error, 'deletions_held', l.deletions_held,
           'refused', coalesce(l.listing -> 'refused', '[]'),
           'failures', (
             select coalesce(jsonb_agg(jsonb_build_object(
                        'ro', f.ro_tm_id, 'reason', f.reason, 'errors', coalesce(f.details -> 'errors', '[]')) order by f.ro_tm_id), '[]')
               from (
                 select i.ro_tm_id, i.reason, i.details
                   from public.sync_run_items i
                  where i.run_id = l.id and i.outcome = 'failed'
                  order by i.ro_tm_id
                  limit 20
               ) f
           )
         ) || to_jsonb(c)
    into v_progress
    from public.sync_log l
    join public.shops s on s.id = l.shop_id
   cross join lateral public.run_counts(l.id) c
   where l.id = p_run_id;
  if v_progress is null then
    raise exception 'there is no run %', p_run_id using errcode = '22023';
  end if;
  return v_progress;
end
$$;

comment on function public.run_progress(uuid) is
  'State and counts of a run (backfill_id: the backfill whose window it reads, else null), with its first 20 failures as [{ro, reason, errors: [{table, tm_id, message}]}], and the first rows of a list that were refused as [{id, reason}].';

revoke execute on function public.run_progress(uuid) from public, anon, authenticated;
grant execute on function public.run_progress(uuid) to service_role;
