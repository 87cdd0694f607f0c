-- ROs in quarantine with the money they withhold, of one shop or (null) of all: the newest 500, and the sums over all.
create or replace function public.quarantine_of(p_shop_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with chosen as (
    select q.* from public.quarantined_repair_orders q where p_shop_id is null or q.shop_id = p_shop_id
  )
  select jsonb_build_object(
    'count', (select count(*) from chosen),
    'withheld_cents', (select coalesce(sum(c.withheld_cents), 0) from chosen c),
    'unknown_amount', (select count(*) from chosen c where c.withheld_cents is null),
    'repair_orders', (
      select coalesce(jsonb_agg(jsonb_build_object(
               'shop_tm_id', x.shop_tm_id, 'ro', x.ro_tm_id, 'ro_number', x.ro_number, 'since', x.since,
               'refusals', x.refusals, 'reason', x.reason, 'cause', x.cause, 'raw_payload_id', x.raw_payload_id,
               'withheld_cents', x.withheld_cents) order by x.since desc, x.ro_tm_id), '[]')
        from (select c.* from chosen c order by c.since desc, c.ro_tm_id limit 500) x))
$$;

comment on function public.quarantine_of(uuid) is
  'Quarantine of a shop or of all: {count, withheld_cents, unknown_amount, repair_orders: [{shop_tm_id, ro, ro_number, since, refusals, reason, cause, raw_payload_id, withheld_cents}]}.';

revoke execute on function public.quarantine_of(uuid) from public, anon, authenticated;
grant execute on function public.quarantine_of(uuid) to service_role;
