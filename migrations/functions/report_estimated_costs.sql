-- Where a range's labor cost is estimated, by money: the ROs to fix first, a page at a time, and the technicians (with
-- the unassigned labor beside them) whose hours had no rate of their own. has_rate: a rate is known by now, so a new
-- read of an open RO will use it; a closed one keeps its cost, as metrics.md demands.
create or replace function public.report_estimated_costs(
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
  v_team jsonb := public.report_technicians(p_shop_id, p_from, p_to);
  v_cost bigint := coalesce((p_after ->> 'estimated_labor_cost')::bigint, 9223372036854775807);
  v_ro bigint := coalesce((p_after ->> 'ro')::bigint, 0);
begin
  perform public.check_page(p_limit, p_after, array['estimated_labor_cost', 'ro']);
  if v_team is null then
    return null;
  end if;
  return (
    with key as (
      -- the keys of the page first, from the index alone: the rows of a year are too wide to be sorted in memory
      select s.estimated_labor_cost, s.ro_tm_id, s.snapshot_date
        from public.ro_snapshots s
       where s.shop_id = p_shop_id and s.snapshot_date between p_from and p_to
         and s.counted and s.estimated_labor_cost > 0
         and (s.estimated_labor_cost, s.ro_tm_id) < (v_cost, v_ro)
       order by s.estimated_labor_cost desc, s.ro_tm_id desc
       limit p_limit + 1
    ), page as (
      select s, row_number() over (order by k.estimated_labor_cost desc, k.ro_tm_id desc) as place
        from key k
        join public.ro_snapshots s
          on s.shop_id = p_shop_id and s.snapshot_date = k.snapshot_date and s.ro_tm_id = k.ro_tm_id and s.counted
    )
    select jsonb_build_object(
             'from', p_from,
             'to', p_to,
             'labor_cost', v_team -> 'shop' -> 'labor_cost',
             'estimated_labor_cost', v_team -> 'shop' -> 'estimated_labor_cost',
             'unassigned', v_team -> 'unassigned',
             'technicians', (
               select coalesce(jsonb_agg(t.person || jsonb_build_object('has_rate', e.hourly_rate is not null)
                                         order by (t.person ->> 'estimated_labor_cost')::bigint desc), '[]')
                 from jsonb_array_elements(v_team -> 'technicians') as t(person)
                 left join public.employees e on e.id = (t.person ->> 'technician_id')::uuid
                where (t.person ->> 'estimated_labor_cost')::bigint > 0),
             'repair_orders', coalesce(
               jsonb_agg(public.snapshot_report_row(page.s) order by page.place) filter (where page.place <= p_limit), '[]'),
             'next', case when count(*) > p_limit then (
               select jsonb_build_object('estimated_labor_cost', (p.s).estimated_labor_cost, 'ro', (p.s).ro_tm_id)
                 from page p where p.place = p_limit) end)
      from page
  );
end
$$;

comment on function public.report_estimated_costs(uuid, date, date, jsonb, integer) is
  'What to fix first, by money: {from, to, labor_cost, estimated_labor_cost, unassigned, technicians: [… has_rate], repair_orders: [columns of ro_snapshots], next}, all [AUTHORIZED] cents. NULL for a shop the caller may not read.';

revoke execute on function public.report_estimated_costs(uuid, date, date, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_estimated_costs(uuid, date, date, jsonb, integer) to authenticated, service_role;
