-- The run itself failed (its listing could not be read). Items already recorded go on by themselves.
-- A run that has finished stays finished.
create or replace function public.fail_run(p_run_id uuid, p_error jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.sync_log l
     set status = 'failed', error = coalesce(p_error, '{}'), finished_at = now()
   where l.id = p_run_id and l.status in ('listing', 'syncing');
  if found then
    perform public.store_run_counts(p_run_id);
  end if;
  return public.run_progress(p_run_id);
end
$$;

comment on function public.fail_run(uuid, jsonb) is
  'Ends a run as failed with the error as an object. Returns run_progress.';

revoke execute on function public.fail_run(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.fail_run(uuid, jsonb) to service_role;
