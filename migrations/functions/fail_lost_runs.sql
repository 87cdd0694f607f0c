-- Ends runs whose queue job is in no queue any more (a lost queue store). Items that were recorded go on by themselves.
-- A run whose listing was closed meanwhile is none of them.
create or replace function public.fail_lost_runs(p_run_ids uuid[])
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_failed uuid[];
begin
  with failed as (
    update public.sync_log l
       set status = 'failed', finished_at = now(),
           error = jsonb_build_object(
             'reason', 'RUN_LOST: its queue job was lost with the queue store before the listing was complete',
             'class', 'transient', 'code', 'RUN_LOST')
     where l.id = any (p_run_ids) and l.status = 'listing'
    returning l.id
  )
  select coalesce(array_agg(f.id), '{}') into v_failed from failed f;
  perform public.store_run_counts(x.id) from unnest(v_failed) as x(id);
  return jsonb_build_object('failed', cardinality(v_failed));
end
$$;

comment on function public.fail_lost_runs(uuid[]) is
  'Ends those of the runs that still list as failed with code RUN_LOST. Returns {failed}.';

revoke execute on function public.fail_lost_runs(uuid[]) from public, anon, authenticated;
grant execute on function public.fail_lost_runs(uuid[]) to service_role;
