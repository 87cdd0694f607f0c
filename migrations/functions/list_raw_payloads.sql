-- Stored answers for a replay: the newest read of each RO (of those that were not refused, unless p_refused), one page by TM
-- id after p_after.
-- Which ROs: one, or those read since p_since, or all. The payloads are large, so pages are small.
create or replace function public.list_raw_payloads(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_since timestamptz,
  p_refused boolean,
  p_after bigint,
  p_limit integer
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'id', x.id, 'ro', x.entity_tm_id, 'fetched_at', x.fetched_at, 'cause', x.cause, 'payload', x.payload)
           order by x.entity_tm_id), '[]')
    from (
      select distinct on (p.entity_tm_id) p.id, p.entity_tm_id, p.fetched_at, p.cause, p.payload
        from public.tm_raw_payloads p
       where p.shop_id = p_shop_id and p.entity_type = 'repair-order' and p.entity_tm_id > p_after
         and (p_ro_tm_id is null or p.entity_tm_id = p_ro_tm_id)
         and (p_since is null or p.fetched_at >= p_since)
         and (p_refused or p.cause is null)
       order by p.entity_tm_id, p.fetched_at desc, p.id
       limit p_limit
    ) x
$$;

comment on function public.list_raw_payloads(uuid, bigint, timestamptz, boolean, bigint, integer) is
  'Newest stored answers of ROs for a replay: [{id, ro, fetched_at, cause, payload}] by TM id; p_refused: refused answers too.';

revoke execute on function public.list_raw_payloads(uuid, bigint, timestamptz, boolean, bigint, integer) from public, anon, authenticated;
grant execute on function public.list_raw_payloads(uuid, bigint, timestamptz, boolean, bigint, integer) to service_role;
