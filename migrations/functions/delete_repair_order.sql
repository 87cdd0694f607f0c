-- TM says in the header that the RO is deleted (status 7) and has no estimate of it any more: the header alone is
-- authoritative. The lines stay as last known, the RO leaves every metric. p_header: {updated_date, deleted_at}.
--   deleted    done            held     too many at once, a person decides (decide_deletion)
--   unchanged  already deleted stale    the stored read is newer
--   unknown    no such RO here
create or replace function public.delete_repair_order(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_header jsonb,
  p_fetched_at timestamptz,
  p_run_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_updated_date timestamptz := p_header ->> 'updated_date';
  v_old record;
  v_decision text;
  v_outcome text;
begin
  perform pg_advisory_xact_lock(public.repair_order_lock_key(p_shop_id, p_ro_tm_id));
  select r.id, r.status_id, r.updated_date, d.fetched_at into v_old
    from public.repair_orders r
    join public.repair_order_reads d on d.repair_order_id = r.id
   where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id
     for no key update of r;

  if v_old.id is null then
    v_outcome := 'unknown';
  elsif (coalesce(v_updated_date, v_old.updated_date, '-infinity'), p_fetched_at)
        < (coalesce(v_old.updated_date, '-infinity'), v_old.fetched_at) then
    v_outcome := 'stale';
  elsif v_old.status_id = 7 then
    v_outcome := 'unchanged';
  else
    v_decision := public.decide_deletion(v_old.id, p_run_id, 'status', p_fetched_at);
    v_outcome := case v_decision when 'delete' then 'deleted' else 'held' end;
  end if;
  if v_outcome = 'deleted' then
    perform public.delete_stored_repair_order(
      v_old.id, p_run_id, p_fetched_at, coalesce((p_header ->> 'deleted_at')::timestamptz, v_updated_date, p_fetched_at));
    update public.repair_orders r
       set updated_date = coalesce(v_updated_date, r.updated_date), tm_updated_at = coalesce(v_updated_date, r.updated_date),
           missing_since = null, missing_run_id = null
     where r.id = v_old.id;
  end if;

  perform public.settle_run_items(
    p_shop_id, p_ro_tm_id, p_run_id,
    case v_outcome when 'held' then 'unchanged' when 'unknown' then 'skipped' else v_outcome end,
    p_fetched_at + interval '5 seconds');
  return jsonb_build_object('outcome', v_outcome, 'first', coalesce(v_decision = 'hold-first', false));
end
$$;

comment on function public.delete_repair_order(uuid, bigint, jsonb, timestamptz, uuid) is
  'Deletes an RO by its header alone (status 7, no estimate). Returns {outcome: deleted|held|unchanged|stale|unknown, first}.';

revoke execute on function public.delete_repair_order(uuid, bigint, jsonb, timestamptz, uuid) from public, anon, authenticated;
grant execute on function public.delete_repair_order(uuid, bigint, jsonb, timestamptz, uuid) to service_role;
