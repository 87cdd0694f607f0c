-- Settles what waits for an RO: every pending item asked for before the read began, and the item of the run itself
-- (also one that had failed: a retry that succeeds repairs its run). A finished run that is repaired is counted again.
-- p_read_at is by the warehouse's clock, as the requests are; who only knows the reader's clock adds what they may differ by.
create or replace function public.settle_run_items(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_run_id uuid,
  p_outcome text,
  p_read_at timestamptz
)
returns integer
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_settled integer;
  v_run_id uuid;
begin
  v_settled := public.settle_pending_items(
    p_shop_id, p_ro_tm_id, p_run_id, p_read_at, jsonb_build_object('outcome', p_outcome));
  if p_run_id is null then
    return v_settled;
  end if;

  -- A run that never listed this RO (a targeted resync) gets its item here; a purged run is left alone.
  insert into public.sync_run_items as i (run_id, shop_id, ro_tm_id, outcome, requested_at, settled_at)
  select l.id, p_shop_id, p_ro_tm_id, p_outcome, least(p_read_at, now()), now()
    from public.sync_log l
   where l.id = p_run_id
     and not exists (
       select from public.sync_run_items s
        where s.run_id = p_run_id and s.ro_tm_id = p_ro_tm_id and s.outcome <> 'failed'
     )
  on conflict (run_id, ro_tm_id) do update
     set outcome = excluded.outcome, settled_at = now(), reason = null, details = null
   where i.outcome = 'failed'
  returning i.run_id into v_run_id;
  if v_run_id is not null then
    v_settled := v_settled + 1;
    perform public.store_run_counts(v_run_id);
  end if;
  return v_settled;
end
$$;

comment on function public.settle_run_items(uuid, bigint, uuid, text, timestamptz) is
  'Gives every waiting run item of an RO its outcome. Part of apply_repair_order and mark_repair_order_deleted. Returns how many items were settled.';

revoke execute on function public.settle_run_items(uuid, bigint, uuid, text, timestamptz) from public, anon, authenticated;
grant execute on function public.settle_run_items(uuid, bigint, uuid, text, timestamptz) to service_role;
