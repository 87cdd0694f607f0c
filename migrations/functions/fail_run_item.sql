-- An RO could not be synced and will not be tried again by itself: every pending item of it that was asked for before the
-- last read began fails with the reason, in whatever run, and so does the item of the given run, which is created when the
-- run never listed the RO. What was asked for later waits for the read that follows, or for the sweep.
create or replace function public.fail_run_item(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_run_id uuid,
  p_reason text,
  p_details jsonb,
  -- NULL (an older release): whatever is pending fails.
  p_read_age_ms double precision default null
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  -- When the read began by our clock, as the requests are.
  v_began_at timestamptz := coalesce(now() - make_interval(secs => p_read_age_ms / 1000), 'infinity');
  v_settled integer;
  v_added integer;
begin
  v_settled := public.settle_pending_items(p_shop_id, p_ro_tm_id, p_run_id, v_began_at, jsonb_build_object(
    'outcome', 'failed', 'reason', p_reason, 'details', coalesce(p_details, '{}')));

  insert into public.sync_run_items as i (run_id, shop_id, ro_tm_id, outcome, settled_at, reason, details)
  select l.id, p_shop_id, p_ro_tm_id, 'failed', now(), p_reason, coalesce(p_details, '{}')
    from public.sync_log l
   where l.id = p_run_id
  on conflict (run_id, ro_tm_id) do nothing;
  get diagnostics v_added = row_count;
  if v_added > 0 then
    perform public.store_run_counts(p_run_id);
  end if;
  return jsonb_build_object('settled', v_settled + v_added);
end
$$;

comment on function public.fail_run_item(uuid, bigint, uuid, text, jsonb, double precision) is
  'Settles the item of the run, and every pending item of the RO asked for until the read began, as failed. p_reason is what a person reads, p_details class and field paths. Returns {settled}.';

revoke execute on function public.fail_run_item(uuid, bigint, uuid, text, jsonb, double precision) from public, anon, authenticated;
grant execute on function public.fail_run_item(uuid, bigint, uuid, text, jsonb, double precision) to service_role;
