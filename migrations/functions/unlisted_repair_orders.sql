-- Stored ROs that a complete listing should have shown and did not; they are re-read, never deleted for that.
--   open    not posted, not deleted, and not looked at since p_before
--   posted  posted between p_from and p_to (shop-local days, both included)
create or replace function public.unlisted_repair_orders(
  p_shop_id uuid,
  p_scope text,
  p_from date,
  p_to date,
  p_seen jsonb,
  p_before timestamptz
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_seen bigint[];
  v_result jsonb;
begin
  select coalesce(array_agg(s.value::bigint), '{}') into v_seen from jsonb_array_elements_text(p_seen) s;
  if p_scope = 'open' then
    select jsonb_agg(r.tm_id order by r.tm_id) into v_result
      from public.repair_orders r
      join public.repair_order_reads d on d.repair_order_id = r.id
     where r.shop_id = p_shop_id and r.status_id not in (5, 6, 7)
       and (p_before is null or d.read_at < p_before)
       and not exists (select from unnest(v_seen) s where s = r.tm_id);
  elsif p_scope = 'posted' and p_from is not null and p_to is not null then
    select jsonb_agg(r.tm_id order by r.tm_id) into v_result
      from public.repair_orders r
     where r.shop_id = p_shop_id and r.posted_date between p_from and p_to
       and not exists (select from unnest(v_seen) s where s = r.tm_id);
  else
    raise exception 'scope is open, or posted with p_from and p_to' using errcode = '22023';
  end if;
  return coalesce(v_result, '[]');
end
$$;

comment on function public.unlisted_repair_orders(uuid, text, date, date, jsonb, timestamptz) is
  'TM ids of stored open (or posted) ROs that are not among p_seen (an array of TM ids), ascending.';

revoke execute on function public.unlisted_repair_orders(uuid, text, date, date, jsonb, timestamptz) from public, anon, authenticated;
grant execute on function public.unlisted_repair_orders(uuid, text, date, date, jsonb, timestamptz) to service_role;
