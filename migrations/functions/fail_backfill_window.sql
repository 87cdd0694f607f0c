-- The listing of a window cannot be read: the window and its run end as failed, the others go on. ROs that its earlier
-- pages planned are synced all the same. A window that is listed already stays as it is.
create or replace function public.fail_backfill_window(p_backfill_id uuid, p_position integer, p_error jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_run_id uuid;
begin
  update public.backfill_windows w
     set status = 'failed', next_keys = null, error = coalesce(p_error, '{}'), finished_at = now()
   where w.backfill_id = p_backfill_id and w.position = p_position and w.status = 'listing'
  returning w.run_id into v_run_id;
  if v_run_id is not null then
    perform public.fail_run(v_run_id, p_error);
  end if;
  return public.backfill_progress(p_backfill_id);
end
$$;

comment on function public.fail_backfill_window(uuid, integer, jsonb) is
  'Ends a window that is being listed as failed, with the error as an object. Returns backfill_progress.';

revoke execute on function public.fail_backfill_window(uuid, integer, jsonb) from public, anon, authenticated;
grant execute on function public.fail_backfill_window(uuid, integer, jsonb) to service_role;
