-- Deletions of a shop that wait for a person, and those done within 30 days, newest first, at most 500.
create or replace function public.list_deletions(p_shop_id uuid, p_run_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(x) order by x.decided_at desc, x.ro), '[]')
    from (
      select d.ro_tm_id as ro, r.ro_number, d.state, d.cause, d.run_id, d.observed_at, d.decided_at,
             d.previous ->> 'status' as previous_status, r.authorized_total
        from public.repair_order_deletions d
        left join public.repair_orders r on r.shop_id = d.shop_id and r.tm_id = d.ro_tm_id
       where d.shop_id = p_shop_id and (p_run_id is null or d.run_id = p_run_id)
         and (d.state in ('held', 'confirmed') or d.decided_at > now() - interval '30 days')
       order by d.decided_at desc, d.ro_tm_id
       limit 500
    ) x
$$;

comment on function public.list_deletions(uuid, uuid) is
  'Held and recent deletions of a shop: [{ro, ro_number, state, cause, run_id, observed_at, decided_at, previous_status, authorized_total}].';

revoke execute on function public.list_deletions(uuid, uuid) from public, anon, authenticated;
grant execute on function public.list_deletions(uuid, uuid) to service_role;
