-- The numbers that people say of ROs that are known by TM's ids, of any shops: stored ones, and those in quarantine whose
-- refused answer could tell. One look by key per RO.
create or replace function public.numbers_of_repair_orders(p_ros jsonb)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', w.shop_tm_id, 'ro', w.ro, 'ro_number', coalesce(r.ro_number, q.ro_number))
                            order by w.shop_tm_id, w.ro), '[]')
    from (select distinct x.shop_tm_id, x.ro from jsonb_to_recordset(p_ros) as x(shop_tm_id bigint, ro bigint)) w
    join public.shops s on s.tm_id = w.shop_tm_id
    left join public.repair_orders r on r.shop_id = s.id and r.tm_id = w.ro
    left join public.ro_quarantine q on q.shop_id = s.id and q.ro_tm_id = w.ro
   where coalesce(r.ro_number, q.ro_number) is not null
$$;

comment on function public.numbers_of_repair_orders(jsonb) is
  'For [{shop_tm_id, ro}] the known numbers as [{shop_tm_id, ro, ro_number}]; ROs whose number nobody knows are left out.';

revoke execute on function public.numbers_of_repair_orders(jsonb) from public, anon, authenticated;
grant execute on function public.numbers_of_repair_orders(jsonb) to service_role;
