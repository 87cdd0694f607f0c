-- Where a backfill stands, brought up to date: windows whose ROs are all settled end, a backfill without open windows is
-- finished, and the newest window that is not fully listed has its run. Running it again changes nothing.
create or replace function public.claim_backfill_window(p_backfill_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_backfill public.backfills;
  v_window public.backfill_windows;
  v_pending integer;
begin
  select b.* into v_backfill from public.backfills b where b.id = p_backfill_id for update;
  if not found then
    raise exception 'there is no backfill %', p_backfill_id using errcode = '22023';
  end if;
  perform public.finish_backfill_windows(p_backfill_id);

  select w.* into v_window
    from public.backfill_windows w
   where w.backfill_id = p_backfill_id and w.status in ('waiting', 'listing')
   order by w.position
   limit 1;
  if v_window.status = 'waiting' then
    update public.backfill_windows w
       set status = 'listing', started_at = now(),
           run_id = (public.start_run(v_backfill.shop_id, 'repair-orders', v_backfill.trigger, jsonb_build_object(
             'source', 'backfill', 'backfill', p_backfill_id, 'from', w.from_date, 'to', w.to_date)) ->> 'run_id')::uuid
     where w.backfill_id = p_backfill_id and w.position = v_window.position
    returning w.* into v_window;
  end if;

  select count(*) into v_pending
    from public.backfill_windows w
    join public.sync_run_items i on i.run_id = w.run_id and i.outcome = 'pending'
   where w.backfill_id = p_backfill_id and w.status in ('listing', 'syncing');
  return jsonb_build_object(
    'status', (select b.status from public.backfills b where b.id = p_backfill_id),
    'pending', v_pending,
    'window', case when v_window.position is not null then jsonb_build_object(
      'position', v_window.position, 'from', v_window.from_date, 'to', v_window.to_date, 'run_id', v_window.run_id,
      'pages', v_window.pages, 'next_keys', v_window.next_keys) end);
end
$$;

comment on function public.claim_backfill_window(uuid) is
  'Returns {status, pending, window: {position, from, to, run_id, pages, next_keys} | null}: the newest window to list, and how many ROs of the backfill wait.';

revoke execute on function public.claim_backfill_window(uuid) from public, anon, authenticated;
grant execute on function public.claim_backfill_window(uuid) to service_role;
