-- Finishes every run that only lacks the call (its last queue job died before it). For the sweep.
create or replace function public.finish_open_runs()
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_finished integer;
begin
  with finished as (
    update public.sync_log l
       set status = 'finished', finished_at = now()
     where l.status = 'syncing'
       and not exists (select from public.sync_run_items i where i.run_id = l.id and i.outcome = 'pending')
    returning l.id
  )
  select count(f.id) into v_finished from finished f;
  perform public.store_run_counts(l.id)
     from public.sync_log l
    where l.status = 'finished' and l.finished_at = now();
  return jsonb_build_object('finished', v_finished);
end
$$;

comment on function public.finish_open_runs() is
  'Finishes all runs whose listing is closed and whose items are all settled. Returns {finished}.';

revoke execute on function public.finish_open_runs() from public, anon, authenticated;
grant execute on function public.finish_open_runs() to service_role;
