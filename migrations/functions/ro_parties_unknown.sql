-- Does this RO name a customer or a vehicle that the warehouse never saw in full and has not asked for by id?
create or replace function public.ro_parties_unknown(p_shop_id uuid, p_ro_tm_id bigint)
returns boolean
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  return exists (
    select
      from public.repair_orders r
      left join public.customers c on c.id = r.customer_id
      left join public.vehicles v on v.id = r.vehicle_id
     where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id
       and (c.is_placeholder and c.looked_up_at is null or v.is_placeholder and v.looked_up_at is null)
  );
end
$$;

comment on function public.ro_parties_unknown(uuid, bigint) is
  'true when the RO names a customer or vehicle that is a placeholder nobody asked TM for. Part of apply_repair_order.';

revoke execute on function public.ro_parties_unknown(uuid, bigint) from public, anon, authenticated;
grant execute on function public.ro_parties_unknown(uuid, bigint) to service_role;
