-- Gives the pending items of an RO their outcome: the one of p_run_id, and of every run those asked for until p_asked_until.
-- Runs that have ended meanwhile (a failed one leaves items that go on) are counted again.
create or replace function public.settle_pending_items(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_run_id uuid,
  p_asked_until timestamptz,
  p_settled jsonb
)
returns integer
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_run_ids uuid[];
begin
  -- Run order, so that two ROs of the same runs never wait for each other in a circle.
  with waiting as (
    select i.run_id
      from public.sync_run_items i
     where i.shop_id = p_shop_id and i.ro_tm_id = p_ro_tm_id and i.outcome = 'pending'
       and (i.run_id = p_run_id or i.requested_at <= p_asked_until)
     order by i.run_id
       for update
  ), settled as (
    update public.sync_run_items i
       set outcome = p_settled ->> 'outcome', settled_at = now(), reason = p_settled ->> 'reason',
           details = p_settled -> 'details'
      from waiting w
     where i.run_id = w.run_id and i.ro_tm_id = p_ro_tm_id
    returning i.run_id
  )
  select coalesce(array_agg(s.run_id), '{}') into v_run_ids from settled s;
  if v_run_ids <> '{}' then
    perform public.store_run_counts(l.id)
       from public.sync_log l
      where l.id = any (v_run_ids) and l.status in ('finished', 'failed')
      order by l.id;
  end if;
  return cardinality(v_run_ids);
end
$$;

comment on function public.settle_pending_items(uuid, bigint, uuid, timestamptz, jsonb) is
  'Settles the pending run items of an RO with {outcome, reason, details}. Returns how many. Part of settle_run_items and fail_run_item.';

revoke execute on function public.settle_pending_items(uuid, bigint, uuid, timestamptz, jsonb)
  from public, anon, authenticated;
grant execute on function public.settle_pending_items(uuid, bigint, uuid, timestamptz, jsonb) to service_role;
