-- Built-in checks of snapshots: each holds the identities of metrics.md, and an RO that qualifies is counted once, on its
-- day. ROs that wait for their snapshot are passed over. Part of check_warehouse.
create or replace function public.check_snapshots(p_shop_id uuid, p_from date, p_to date)
returns table (
  check_name text,
  metric_date date,
  ro_tm_id bigint,
  place text,
  column_name text,
  stored jsonb,
  expected jsonb
)
language sql
stable
security invoker
set search_path = ''
as $$
  with counted as materialized (
    select s.*
      from public.ro_snapshots s
     where s.shop_id = p_shop_id and s.counted and s.snapshot_date between p_from and p_to
  ), due as (
    -- the rule of refresh_ro_snapshot: status first, dates second
    select r.id, r.tm_id,
           case when r.status_id in (5, 6) and r.posted_date is not null then 'posted' else 'completed' end as cause,
           case when r.status_id in (5, 6) and r.posted_date is not null then r.posted_date else r.completed_date end as day
      from public.repair_orders r
     where r.shop_id = p_shop_id
       and r.deleted_at is null
       and not r.snapshot_stale
       and (r.status_id in (5, 6) and coalesce(r.posted_date, r.completed_date) is not null
         or r.status_id = 3 and r.completed_date is not null)
       and (r.posted_date between p_from and p_to
         or r.completed_date between p_from and p_to
         or r.id in (select c.repair_order_id from counted c))
  )
  select 'potential_is_authorized_declined_pending', c.snapshot_date, c.ro_tm_id, 'ro_snapshots', 'potential_revenue',
         to_jsonb(c.potential_revenue),
         to_jsonb(c.parts_revenue + c.labor_revenue + c.sublet_revenue + c.declined_revenue + c.pending_revenue)
    from counted c
   where c.potential_revenue
         <> c.parts_revenue + c.labor_revenue + c.sublet_revenue + c.declined_revenue + c.pending_revenue
  union all
  select 'net_sales_is_revenue_fees_discount', c.snapshot_date, c.ro_tm_id, 'ro_snapshots', 'net_sales',
         to_jsonb(c.net_sales),
         to_jsonb(c.parts_revenue + c.labor_revenue + c.sublet_revenue + c.fees_total - c.discount_total)
    from counted c
   where c.net_sales <> c.parts_revenue + c.labor_revenue + c.sublet_revenue + c.fees_total - c.discount_total
  union all
  select 'net_profit_is_net_sales_less_cost', c.snapshot_date, c.ro_tm_id, 'ro_snapshots', 'net_profit',
         to_jsonb(c.net_profit), to_jsonb(c.net_sales - c.parts_cost - c.labor_cost - c.sublet_cost)
    from counted c
   where c.net_profit <> c.net_sales - c.parts_cost - c.labor_cost - c.sublet_cost
  union all
  select 'counted_once', min(c.snapshot_date), c.ro_tm_id, 'ro_snapshots', 'counted', to_jsonb(count(*)), to_jsonb(1)
    from counted c
   group by c.ro_tm_id
  having count(*) > 1
  union all
  select 'counted_on_its_day', coalesce(d.day, c.snapshot_date), coalesce(d.tm_id, c.ro_tm_id), 'ro_snapshots',
         'snapshot_date', to_jsonb(c.snapshot_trigger || ' ' || c.snapshot_date), to_jsonb(d.cause || ' ' || d.day)
    from due d
    full join (
      select s.*
        from public.ro_snapshots s
        join public.repair_orders r on r.id = s.repair_order_id and not r.snapshot_stale
       where s.shop_id = p_shop_id
         and s.counted
         and (s.snapshot_date between p_from and p_to or s.repair_order_id in (select due.id from due))
    ) c on c.repair_order_id = d.id
   where (c.snapshot_trigger, c.snapshot_date) is distinct from (d.cause, d.day)
     and (d.day between p_from and p_to or c.snapshot_date between p_from and p_to)
$$;

comment on function public.check_snapshots(uuid, date, date) is
  'Findings about counted snapshots of a range of shop-local days: stored against expected. Part of check_warehouse.';

revoke execute on function public.check_snapshots(uuid, date, date) from public, anon, authenticated;
grant execute on function public.check_snapshots(uuid, date, date) to service_role;
