-- A day taken apart: its stored row, the ROs counted on it with their lines and where those came from, and the snapshots
-- that were superseded. `printed` is the sum of what is shown, computed from the lines by ro_metrics; `differences` is
-- empty when it equals the row, and else says which figure and by how much. With p_ro_tm_id only that RO is shown, each
-- RO is compared with its own snapshot anyway, and `asked` says where it counts. Writes nothing.
create or replace function public.explain_day(p_shop_id uuid, p_date date, p_ro_tm_id bigint default null)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with range as (
    -- the figures of one day as a range: zeros where the day has no row
    select r.shop_id, public.shop_period_figures(r.shop_id, p_date, p_date) as figures
      from public.report_range(p_shop_id, p_date, p_date) r
  ), counted as materialized (
    select s as snapshot, o as ro, to_jsonb(m) as from_lines
      from range
      join public.ro_snapshots s on s.shop_id = range.shop_id and s.snapshot_date = p_date and s.counted
      join public.repair_orders o on o.id = s.repair_order_id
     cross join lateral public.ro_metrics(o.id) m
     where p_ro_tm_id is null or s.ro_tm_id = p_ro_tm_id
  ), summed as (
    -- what a day and an RO both have adds up, but for the one ratio of that name
    select name.key, coalesce(sum((c.from_lines ->> name.key)::numeric), 0) as total
      from range
     cross join lateral jsonb_object_keys(range.figures) as name(key)
      left join counted c on true
     where to_jsonb(jsonb_populate_record(null::public.ro_snapshots, '{}')) ? name.key
       and name.key <> 'authorized_gp_percent'
     group by name.key
  ), printed as (
    select jsonb_object_agg(summed.key, summed.total)
             || jsonb_build_object('ro_count', (select count(*) from counted)) as figures
      from summed
  ), told as (
    select coalesce(
             jsonb_agg(
               public.snapshot_report_row(c.snapshot) || jsonb_build_object(
                 'lines', public.explain_lines((c.ro).id),
                 'source', public.explain_source(c.ro),
                 'differences', public.figure_differences(to_jsonb(c.snapshot), c.from_lines))
               order by (c.snapshot).ro_tm_id),
             '[]') as ros
      from counted c
  )
  select jsonb_build_object(
           'date', p_date,
           'day', public.shop_day_figures(range.shop_id, p_date),
           'repair_orders', told.ros,
           'superseded', public.explain_superseded(range.shop_id, p_date, p_ro_tm_id),
           'is_dirty', exists (
             select from public.dirty_days d where d.shop_id = range.shop_id and d.metric_date = p_date),
           'printed', printed.figures,
           'differences', case
             when p_ro_tm_id is null then public.figure_differences(range.figures, printed.figures) end,
           'asked', (
             select jsonb_build_object(
                      'ro_tm_id', o.tm_id, 'ro_number', o.ro_number, 'status', o.status,
                      'counts_on', s.snapshot_date, 'counts_as', s.snapshot_trigger, 'is_stale', o.snapshot_stale)
               from public.repair_orders o
               left join public.ro_snapshots s on s.repair_order_id = o.id and s.counted
              where o.shop_id = range.shop_id and o.tm_id = p_ro_tm_id))
    from range
   cross join printed
   cross join told
$$;

comment on function public.explain_day(uuid, date, bigint) is
  'A day down to its lines: {date, day, repair_orders: [{snapshot columns, lines, source, differences (left: snapshot, right: lines now)}], superseded, is_dirty, printed (sums of the lines), differences (left: day, right: printed; NULL when one RO was asked for), asked}. NULL for a shop the caller may not read.';

revoke execute on function public.explain_day(uuid, date, bigint) from public, anon, authenticated;
grant execute on function public.explain_day(uuid, date, bigint) to authenticated, service_role;
