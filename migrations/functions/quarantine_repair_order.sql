-- The answer about an RO cannot be stored and trying again would not help: nothing of it is written, the RO is put into
-- quarantine with the cause and the refused answers, and the run items that waited before the read began fail with both. One transaction.
-- A refusal older than the stored read of the RO puts nothing into quarantine.
-- p_refusal: {reason, cause {code, class, message, issues}, errors [{table, tm_id, message}], ro_number,
--             authorized_total, content_hash, raw {payload}, read_age_ms}; everything but reason and cause may be null
create or replace function public.quarantine_repair_order(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_run_id uuid,
  p_fetched_at timestamptz,
  p_refusal jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_raw_id uuid;
  v_first boolean := false;
  v_newer boolean;
begin
  perform pg_advisory_xact_lock(public.repair_order_lock_key(p_shop_id, p_ro_tm_id));
  v_newer := exists (
    select from public.repair_orders r
      join public.repair_order_reads d on d.repair_order_id = r.id
     where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id and d.fetched_at > p_fetched_at);

  if jsonb_typeof(p_refusal -> 'raw') = 'object' then
    v_raw_id := public.store_raw_payload(
      p_shop_id, p_ro_tm_id, p_run_id, p_fetched_at, p_refusal ->> 'content_hash',
      jsonb_build_object('payload', p_refusal -> 'raw' -> 'payload', 'cause', p_refusal -> 'cause'));
  end if;

  if not v_newer then
    insert into public.ro_quarantine as q (
      shop_id, ro_tm_id, ro_number, fetched_at, reason, cause, authorized_total, raw_payload_id, run_id
    )
    values (p_shop_id, p_ro_tm_id, (p_refusal ->> 'ro_number')::bigint, p_fetched_at, p_refusal ->> 'reason',
            p_refusal -> 'cause', (p_refusal ->> 'authorized_total')::integer, v_raw_id, p_run_id)
    on conflict (shop_id, ro_tm_id) do update
       set ro_number = coalesce(excluded.ro_number, q.ro_number), last_refused_at = now(),
           fetched_at = excluded.fetched_at, reason = excluded.reason,
           -- the same look told again is one refusal
           refusals = q.refusals + (q.fetched_at < excluded.fetched_at)::integer,
           cause = excluded.cause, authorized_total = excluded.authorized_total,
           raw_payload_id = excluded.raw_payload_id, run_id = excluded.run_id
     where q.fetched_at <= excluded.fetched_at
    returning q.refusals = 1 into v_first;
  end if;

  perform public.fail_run_item(
    p_shop_id, p_ro_tm_id, p_run_id, p_refusal ->> 'reason',
    jsonb_build_object('cause', p_refusal -> 'cause', 'errors', coalesce(p_refusal -> 'errors', '[]'),
                       'raw_payload_id', v_raw_id),
    (p_refusal ->> 'read_age_ms')::double precision);
  return jsonb_build_object('quarantined', not v_newer, 'first', coalesce(v_first, false), 'raw_payload_id', v_raw_id);
end
$$;

comment on function public.quarantine_repair_order(uuid, bigint, uuid, timestamptz, jsonb) is
  'Keeps a refused answer and puts its RO into quarantine. Returns {quarantined, first (it was not before), raw_payload_id}.';

revoke execute on function public.quarantine_repair_order(uuid, bigint, uuid, timestamptz, jsonb) from public, anon, authenticated;
grant execute on function public.quarantine_repair_order(uuid, bigint, uuid, timestamptz, jsonb) to service_role;
