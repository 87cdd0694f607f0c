-- Compares TM's profit report of some days with what is counted here, RO by RO: posted ROs that are missing here, that
-- are here and not in the report, and profits that differ. TM sends profits of labor, parts, sublets and fees, their total
-- after discounts, and the margin of the total; a figure it leaves out counts as 0. From them:
--   labor + parts + sublet profit  = authorized_profit, which TM itself gave for the RO
--   parts, sublet profit           = revenue less cost of the lines;  fees profit = fees_total
--   total profit                   = authorized_profit + fees_total - discount_total (tekmetric-api.md U9)
--   total profit / margin          = net_sales, as exactly as TM rounds the margin it prints
-- The day of a row is the shop's day of its posted date. p_rows: [{ro, number, posted, labor, parts, sublet, fees, total, margin}].
create or replace function public.compare_with_report(p_shop_id uuid, p_from date, p_to date, p_rows jsonb)
returns table (metric_date date, ro_tm_id bigint, kind text, column_name text, tm jsonb, here jsonb)
language sql
stable
security invoker
set search_path = ''
as $$
  with listed as materialized (
    select distinct on (i.ro) i.ro, (i.posted at time zone z.timezone)::date as day, i.margin,
           coalesce(i.labor, 0) as labor, coalesce(i.parts, 0) as parts, coalesce(i.sublet, 0) as sublet,
           coalesce(i.fees, 0) as fees, coalesce(i.total, 0) as total
      from jsonb_to_recordset(p_rows) as i(
        ro bigint, posted timestamptz, labor numeric, parts numeric, sublet numeric, fees numeric, total numeric,
        margin numeric)
      join public.shops z on z.id = p_shop_id
     order by i.ro
  ), counted as materialized (
    select s.*
      from public.ro_snapshots s
     where s.shop_id = p_shop_id
       and s.counted
       and s.snapshot_trigger = 'posted'
       and s.snapshot_date between p_from and p_to
  )
  select l.day, l.ro, 'missing', null, jsonb_build_object('posted', l.day, 'total_profit', l.total),
         coalesce(
           (select jsonb_build_object('status', r.status, 'posted', r.posted_date, 'completed', r.completed_date)
              from public.repair_orders r
             where r.shop_id = p_shop_id and r.tm_id = l.ro),
           (select jsonb_build_object('quarantined', q.reason)
              from public.ro_quarantine q
             where q.shop_id = p_shop_id and q.ro_tm_id = l.ro))
    from listed l
   where l.day between p_from and p_to
     and not exists (select from counted c where c.ro_tm_id = l.ro and c.snapshot_date = l.day)
  union all
  select c.snapshot_date, c.ro_tm_id, 'extra', null,
         (select jsonb_build_object('posted', l.day) from listed l where l.ro = c.ro_tm_id),
         jsonb_build_object('posted', c.snapshot_date, 'authorized_profit', c.authorized_profit)
    from counted c
   where not exists (select from listed l where l.ro = c.ro_tm_id and l.day = c.snapshot_date)
  union all
  select c.snapshot_date, c.ro_tm_id, 'figure', f.name, to_jsonb(f.tm), to_jsonb(f.here)
    from counted c
    join listed l on l.ro = c.ro_tm_id and l.day = c.snapshot_date
   cross join lateral (values
     ('authorized_profit', l.labor + l.parts + l.sublet, c.authorized_profit::numeric),
     ('parts_revenue - parts_cost', l.parts, c.parts_revenue - c.parts_cost),
     ('sublet_revenue - sublet_cost', l.sublet, c.sublet_revenue - c.sublet_cost),
     ('fees_total', l.fees, c.fees_total),
     ('authorized_profit + fees_total - discount_total', l.total,
      c.authorized_profit + c.fees_total - c.discount_total)
   ) f(name, tm, here)
   where f.tm is distinct from f.here
  union all
  select c.snapshot_date, c.ro_tm_id, 'figure', 'net_sales (margin of the total profit)', to_jsonb(l.margin),
         to_jsonb(round(l.total / nullif(c.net_sales, 0), 6))
    from counted c
    join listed l on l.ro = c.ro_tm_id and l.day = c.snapshot_date
   where abs(l.margin - l.total / nullif(c.net_sales, 0)) > 0.5 * 10::numeric ^ -scale(l.margin)
$$;

comment on function public.compare_with_report(uuid, date, date, jsonb) is
  'Where TM''s profit report and the counted snapshots of a range of shop-local days differ: kind missing (here), extra (here) or figure. Part of reconcile_days.';

revoke execute on function public.compare_with_report(uuid, date, date, jsonb) from public, anon, authenticated;
grant execute on function public.compare_with_report(uuid, date, date, jsonb) to service_role;
