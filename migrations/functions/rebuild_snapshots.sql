-- Rebuilds the snapshots of a range of days from the rows and lines of their ROs, in TM id order and in pages, so that a
-- rebuild of years holds no lock for longer than one page takes. What is right already is not written.
create or replace function public.rebuild_snapshots(
  p_shop_id uuid,
  p_from date,
  p_to date,
  p_after bigint default 0,
  p_limit integer default 200
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_ro_tm_ids bigint[];
  v_done jsonb;
begin
  select array_agg(page.tm_id) into v_ro_tm_ids
    from (
      select r.tm_id
        from public.repair_orders_of_days(p_shop_id, p_from, p_to) d
        join public.repair_orders r on r.id = d.repair_order_id
       where r.tm_id > p_after
       order by r.tm_id
       limit p_limit
    ) page;
  v_done := public.refresh_ro_snapshots(p_shop_id, v_ro_tm_ids);
  return (
    select jsonb_build_object(
             'repair_orders', count(distinct a.answer ->> 'ro'),
             'changed', count(distinct a.answer ->> 'ro') filter (where a.answer ->> 'outcome' in ('written', 'withdrawn')),
             'affected_dates', coalesce(jsonb_agg(distinct day.metric_date order by day.metric_date)
                                          filter (where day.metric_date is not null), '[]'),
             'next', case when cardinality(v_ro_tm_ids) = p_limit then v_ro_tm_ids[p_limit] end)
      from jsonb_array_elements(v_done) as a(answer)
      left join lateral jsonb_array_elements_text(a.answer -> 'affected_dates') as day(metric_date) on true
  );
end
$$;

comment on function public.rebuild_snapshots(uuid, date, date, bigint, integer) is
  'Rebuilds one page of the snapshots of a range of shop-local days from lines: ROs with a TM id above p_after. Returns {repair_orders, changed, affected_dates, next (p_after of the next page; null at the end)}.';

revoke execute on function public.rebuild_snapshots(uuid, date, date, bigint, integer) from public, anon, authenticated;
grant execute on function public.rebuild_snapshots(uuid, date, date, bigint, integer) to service_role;
