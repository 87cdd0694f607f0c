-- ROs to look at again because of a deletion: missing since five minutes (the second pass), or confirmed by a person.
-- Those that wait for a person are left alone. Oldest first, at most p_limit.
create or replace function public.deletion_rechecks(p_limit integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', x.shop_tm_id, 'ro', x.ro) order by x.at, x.ro), '[]')
    from (
      select s.tm_id as shop_tm_id, w.ro, min(w.at) as at
        from (
          select r.shop_id, r.tm_id as ro, r.missing_since as at
            from public.repair_orders r
           where r.missing_since <= now() - interval '5 minutes' and r.status_id <> 7
             and not exists (
               select from public.repair_order_deletions d
                where d.shop_id = r.shop_id and d.ro_tm_id = r.tm_id and d.state = 'held')
          union all
          select d.shop_id, d.ro_tm_id, d.decided_at
            from public.repair_order_deletions d
           where d.state = 'confirmed'
        ) w
        join public.shops s on s.id = w.shop_id
       group by s.tm_id, w.ro
       order by 3, w.ro
       limit p_limit
    ) x
$$;

comment on function public.deletion_rechecks(integer) is
  'ROs whose deletion needs another look: [{shop_tm_id, ro}], oldest first.';

revoke execute on function public.deletion_rechecks(integer) from public, anon, authenticated;
grant execute on function public.deletion_rechecks(integer) to service_role;
