-- TM answered 404 for an RO. The first time only remembers it; a later pass that finds nothing again deletes: status
-- DELETED, the row and its lines stay, its snapshots have to go. A found read in between clears the first miss.
--   first_miss  remembered; deletion_rechecks names it for the second pass
--   deleted     confirmed by a second pass
--   held        confirmed, but too many go at once: a person decides (decide_deletion)
--   unchanged   already deleted, an older look than the stored one, the same pass again, or too soon after the first
--   unknown     no such RO here
-- A second miss is another pass when it was observed five minutes later or more, and not by the run that saw the first.
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
  v_decision text;
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
    when p_observed_at < v_old.missing_since + interval '5 minutes' or p_run_id = v_old.missing_run_id then 'unchanged'
    else 'deleted' end;

  if v_outcome = 'deleted' then
    v_decision := public.decide_deletion(v_old.id, p_run_id, 'absent', p_observed_at);
    if v_decision <> 'delete' then
      v_outcome := 'held';
    end if;
  end if;

  if v_outcome = 'first_miss' then
    update public.repair_orders r
       set missing_since = p_observed_at, missing_run_id = p_run_id
     where r.id = v_old.id;
  elsif v_outcome = 'deleted' then
    perform public.delete_stored_repair_order(v_old.id, p_run_id, p_observed_at, p_observed_at);
  end if;
  if v_outcome in ('first_miss', 'held') then
    update public.repair_order_reads d
       set fetched_at = p_observed_at, read_at = now()
     where d.repair_order_id = v_old.id;
  elsif v_outcome = 'unknown' then
    -- TM has it no more and neither do we: no money is withheld.
    delete from public.ro_quarantine q
     where q.shop_id = p_shop_id and q.ro_tm_id = p_ro_tm_id and q.fetched_at <= p_observed_at;
  end if;

  perform public.settle_run_items(
    p_shop_id, p_ro_tm_id, p_run_id,
    case v_outcome when 'deleted' then 'deleted' when 'unknown' then 'skipped' else 'unchanged' end,
    p_observed_at + interval '5 seconds');
  return jsonb_build_object('outcome', v_outcome, 'first', coalesce(v_decision = 'hold-first', false));
end
$$;

comment on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) is
  'Records that TM has no such RO; the second pass deletes it. Returns {outcome: first_miss|deleted|held|unchanged|unknown, first (of several held: the one that alerts)}.';

revoke execute on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) from public, anon, authenticated;
grant execute on function public.mark_repair_order_deleted(uuid, bigint, timestamptz, uuid) to service_role;
