-- Runs that still list although they were opened a while ago: their queue job works on, or was lost with its queue. Runs of
-- backfill windows are left out: an open backfill is asked for again by the sweep.
create or replace function public.listing_runs(p_older_than_seconds integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('run_id', l.id, 'request_key', l.request_key) order by l.started_at), '[]')
    from public.sync_log l
   where l.status = 'listing'
     and l.started_at < now() - make_interval(secs => p_older_than_seconds)
     and not exists (select from public.backfill_windows w where w.run_id = l.id)
$$;

comment on function public.listing_runs(integer) is
  'Runs opened longer ago than that whose listing is not closed, oldest first: [{run_id, request_key}].';

revoke execute on function public.listing_runs(integer) from public, anon, authenticated;
grant execute on function public.listing_runs(integer) to service_role;
