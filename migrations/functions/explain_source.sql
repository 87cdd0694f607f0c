-- Where a stored RO came from: the read, the run that brought it and the answers of TM it was made of (the payload with
-- the RO's own content hash). Answers and runs are kept for a while only; what is gone is NULL. Answers belong to the
-- service role, so nobody else is told about them.
create or replace function public.explain_source(p_ro public.repair_orders)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_payload jsonb;
begin
  if has_table_privilege('public.tm_raw_payloads', 'select') then
    select jsonb_build_object('id', p.id, 'fetched_at', p.fetched_at, 'expires_at', p.expires_at, 'run_id', p.run_id)
      into v_payload
      from public.tm_raw_payloads p
     where p.shop_id = p_ro.shop_id and p.entity_type = 'repair-order' and p.entity_tm_id = p_ro.tm_id
       and p.content_hash = p_ro.content_hash
     order by p.fetched_at desc
     limit 1;
  end if;
  return jsonb_build_object(
    'tm_updated_at', p_ro.updated_date,
    'fetched_at', p_ro.fetched_at,
    'stored_at', p_ro.last_synced_at,
    'run_id', p_ro.last_run_id,
    'run', (
      select jsonb_build_object('kind', l.kind, 'trigger', l.trigger, 'status', l.status, 'started_at', l.started_at)
        from public.sync_log l
       where l.id = p_ro.last_run_id),
    'payload', v_payload);
end
$$;

comment on function public.explain_source(public.repair_orders) is
  'Origin of a stored RO: {tm_updated_at, fetched_at, stored_at, run_id, run (NULL once purged), payload: {id, fetched_at, expires_at, run_id} (NULL: not kept, or not for this reader)}. Part of explain_day.';

revoke execute on function public.explain_source(public.repair_orders) from public, anon, authenticated;
grant execute on function public.explain_source(public.repair_orders) to authenticated, service_role;
