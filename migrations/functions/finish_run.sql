-- Finishes a run once its listing is closed and nothing is pending; otherwise changes nothing. Running it again is safe.
create or replace function public.finish_run(p_run_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.sync_log l
     set status = 'finished', finished_at = now()
   where l.id = p_run_id
     and l.status = 'syncing'
     and not exists (
       select from public.sync_run_items i where i.run_id = p_run_id and i.outcome = 'pending'
     );
  if found then
    perform public.store_run_counts(p_run_id);
  end if;
  return public.run_progress(p_run_id);
end
$$;

comment on function public.finish_run(uuid) is
  'Ends a run whose listing is closed and whose items are all settled, and stores its counts. Returns run_progress.';

revoke execute on function public.finish_run(uuid) from public, anon, authenticated;
grant execute on function public.finish_run(uuid) to service_role;
