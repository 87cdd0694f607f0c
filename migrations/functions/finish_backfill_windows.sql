-- Ends the windows of a backfill whose ROs are all settled, with their runs, and the backfill with its last window.
create or replace function public.finish_backfill_windows(p_backfill_id uuid)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_window record;
begin
  for v_window in
    select w.position, w.run_id
      from public.backfill_windows w
     where w.backfill_id = p_backfill_id and w.status = 'syncing'
       and not exists (select from public.sync_run_items i where i.run_id = w.run_id and i.outcome = 'pending')
     order by w.position
       for update
  loop
    perform public.finish_run(v_window.run_id);
    update public.backfill_windows w
       set status = 'done', finished_at = now(), failed_ros = (
             select count(*) from public.sync_run_items i where i.run_id = w.run_id and i.outcome = 'failed')
     where w.backfill_id = p_backfill_id and w.position = v_window.position;
  end loop;
  update public.backfills b
     set status = 'finished', finished_at = now()
   where b.id = p_backfill_id and b.status = 'open'
     and not exists (
       select from public.backfill_windows w
        where w.backfill_id = p_backfill_id and w.status in ('waiting', 'listing', 'syncing'));
end
$$;

comment on function public.finish_backfill_windows(uuid) is
  'Ends what has nothing left to do in a backfill. Part of claim_backfill_window and fail_backfill_window.';

revoke execute on function public.finish_backfill_windows(uuid) from public, anon, authenticated;
grant execute on function public.finish_backfill_windows(uuid) to service_role;
