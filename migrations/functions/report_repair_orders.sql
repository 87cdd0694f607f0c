-- The counted ROs behind a range, newest day first, a page at a time: what the KPIs of the range are made of.
-- The key of a page is (day, TM id), which the index holds in order, so every page costs the same.
create or replace function public.report_repair_orders(
  p_shop_id uuid,
  p_from date,
  p_to date,
  p_after jsonb default null,
  p_limit integer default 100
)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  -- before the first page: a key after every RO of the range
  v_date date := coalesce((p_after ->> 'date')::date, p_to + 1);
  v_ro bigint := coalesce((p_after ->> 'ro')::bigint, 0);
begin
  perform public.check_page(p_limit, p_after, array['date', 'ro']);
  perform from public.report_range(p_shop_id, p_from, p_to);
  if not found then
    return null;
  end if;
  return (
    with page as (
      select s, row_number() over (order by s.snapshot_date desc, s.ro_tm_id desc) as place
        from public.ro_snapshots s
       where s.shop_id = p_shop_id and s.counted and s.snapshot_date >= p_from
         and (s.snapshot_date, s.ro_tm_id) < (v_date, v_ro) and s.snapshot_date <= p_to
       order by s.snapshot_date desc, s.ro_tm_id desc
       limit p_limit + 1
    )
    select jsonb_build_object(
             'from', p_from,
             'to', p_to,
             'repair_orders', coalesce(
               jsonb_agg(public.snapshot_report_row(page.s) order by page.place) filter (where page.place <= p_limit), '[]'),
             'next', case when count(*) > p_limit then (
               select jsonb_build_object('date', (p.s).snapshot_date, 'ro', (p.s).ro_tm_id)
                 from page p where p.place = p_limit) end)
      from page
  );
end
$$;

comment on function public.report_repair_orders(uuid, date, date, jsonb, integer) is
  'Counted ROs of an inclusive range, newest first: {from, to, repair_orders: [columns of ro_snapshots], next}; give next as p_after for the following page, NULL after the last. NULL for a shop the caller may not read.';

revoke execute on function public.report_repair_orders(uuid, date, date, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_repair_orders(uuid, date, date, jsonb, integer) to authenticated, service_role;
