-- Whose ROs these are, by TM's ids alone: for hints of TM that name an RO and no shop. One look by key per shop and RO.
create or replace function public.shops_of_repair_orders(p_ros jsonb)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('ro', r.tm_id, 'shop_tm_id', s.tm_id) order by r.tm_id, s.tm_id), '[]')
    from (select distinct x::bigint as ro from jsonb_array_elements_text(p_ros) x) wanted
   cross join public.shops s
    join public.repair_orders r on r.shop_id = s.id and r.tm_id = wanted.ro
$$;

comment on function public.shops_of_repair_orders(jsonb) is
  'For an array of TM ids the stored ROs as [{ro, shop_tm_id}]; unknown ids are left out.';

revoke execute on function public.shops_of_repair_orders(jsonb) from public, anon, authenticated;
grant execute on function public.shops_of_repair_orders(jsonb) to service_role;
