-- TM answered 404 for an RO. The first time only remembers it; a later pass that finds nothing again deletes: status
-- DELETED, the row and its lines stay, its snapshots have to go. A found read in between clears the first miss.
--   first_miss  remembered       deleted    confirmed by a second pass
--   unchanged   already deleted, an older look than the stored one, or the same pass again
--   unknown     no such RO here
-- A second miss is another pass when it was observed later and not by the run that saw the first.
create or replace function public.mark_repair_order_deleted(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_observed_at timestamptz,
  p_run_id uuid
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_old record;
  v_outcome text;
begin
  perform pg_advisory_xact_lock(public.repair_order_lock_key(p_shop_id, p_ro_tm_id));
  select r.id, r.status_id, r.missing_since, r.missing_run_id, d.fetched_at into v_old
    from public.repair_orders r
    join public.repair_order_reads d on d.repair_order_id = r.id
   where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id
     for no key update of r;

  v_outcome := case
    when v_old.id is null then 'unknown'
    when v_old.status_id = 7 or p_observed_at < v_old.fetched_at then 'unchanged'
    when v_old.missing_since is null then 'first_miss'
    when p_observed_at <= v_old.missing_since or p_run_id = v_old.missing_run_id then 'unchanged'
    else 'deleted' end;

  if v_outcome = 'first_miss' then
    update public.repair_orders r
       set missing_since = p_observed_at, missing_run_id = p_run_id
     where r.id = v_old.id;
  elsif v_outcome = 'deleted' then
    -- Without a content hash the next found read is applied, even when it says what was stored before.
    update public.repair_orders r
       set status = 'DELETED', status_id = 7, posted_date = null, completed_date = null, deleted_at = p_observed_at,
           content_hash = null, metric_hash = null, last_synced_at = now(), last_run_id = p_run_id,
           snapshot_stale = v.has_snapshot or r.snapshot_stale,
           stale_since = case when v.has_snapshot or r.snapshot_stale then coalesce(r.stale_since, now()) end,
           updated_at = now()
      from (
        select exists (
          select from public.ro_snapshots s where s.repair_order_id = v_old.id and s.superseded_at is null
        ) as has_snapshot
      ) v
     where r.id = v_old.id;
  end if;
  if v_outcome in ('first_miss', 'deleted') then
    update public.repair_order_reads d
       set fetched_at = p_observed_at, read_at = now()
     where d.repair_order_id = v_old.id;
  end if;

  perform public.settle_run_items(
    p_shop_id, p_ro_tm_id, p_run_id,
    case v_outcome when 'deleted' then 'deleted' when 'unknown' then 'skipped' else 'unchanged' end,
    p_observed_at);
  return jsonb_build_object('outcome', v_outcome);
end
$$;

comment on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) is
  'Records that TM has no such RO; the second pass deletes it. Returns {outcome: first_miss|deleted|unchanged|unknown}.';

revoke execute on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) from public, anon, authenticated;
grant execute on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) to service_role;
