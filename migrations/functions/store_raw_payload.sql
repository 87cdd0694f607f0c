-- Keeps the answers of one read of an RO. The same answers are kept once: giving them again only says that TM still
-- gave them (fetched_at) and keeps them for another week. p_raw is {payload, cause (null when they were stored)}.
create or replace function public.store_raw_payload(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_run_id uuid,
  p_fetched_at timestamptz,
  p_content_hash text,
  p_raw jsonb
)
returns uuid
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_id uuid;
begin
  update public.tm_raw_payloads p
     set fetched_at = greatest(p.fetched_at, p_fetched_at), run_id = coalesce(p_run_id, p.run_id),
         expires_at = now() + interval '7 days'
   where p.shop_id = p_shop_id and p.entity_type = 'repair-order' and p.entity_tm_id = p_ro_tm_id
     and p.content_hash = p_content_hash
  returning p.id into v_id;
  if v_id is null then
    insert into public.tm_raw_payloads (
      shop_id, entity_type, entity_tm_id, payload, run_id, fetched_at, content_hash, cause
    )
    values (p_shop_id, 'repair-order', p_ro_tm_id, p_raw -> 'payload', p_run_id, p_fetched_at, p_content_hash,
            nullif(p_raw -> 'cause', 'null'))
    returning id into v_id;
  end if;
  return v_id;
end
$$;

comment on function public.store_raw_payload(uuid, bigint, uuid, timestamptz, text, jsonb) is
  'Stores the answers of a read, or refreshes equal ones. Returns their id. Part of apply_repair_order and quarantine_repair_order.';

revoke execute on function public.store_raw_payload(uuid, bigint, uuid, timestamptz, text, jsonb) from public, anon, authenticated;
grant execute on function public.store_raw_payload(uuid, bigint, uuid, timestamptz, text, jsonb) to service_role;
