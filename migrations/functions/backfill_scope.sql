-- What the warehouse knows about a range before a backfill: how many of its posted ROs are stored, and how many a day
-- the shop usually posts (mean of the stored days of the last 90).
create or replace function public.backfill_scope(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
    'stored', (
      select count(*)
        from public.repair_orders r
       where r.shop_id = p_shop_id and r.posted_date between p_from and p_to and r.status_id in (5, 6)),
    'per_day', (
      select round(count(*)::numeric / nullif(max(r.posted_date) - min(r.posted_date) + 1, 0), 1)
        from public.repair_orders r
       where r.shop_id = p_shop_id and r.status_id in (5, 6) and r.posted_date > current_date - 90))
$$;

comment on function public.backfill_scope(uuid, date, date) is
  'Returns {stored: posted ROs of these days in the warehouse, per_day: posted ROs a day lately, null when none}.';

revoke execute on function public.backfill_scope(uuid, date, date) from public, anon, authenticated;
grant execute on function public.backfill_scope(uuid, date, date) to service_role;
