-- Counted ROs that deserve a look: a negative profit (with no revenue: probably warranty work) or a variance from TM's
-- own percentage with its reason. Sums over the whole range by kind, and the ROs newest first, a page at a time.
create or replace function public.report_exceptions(
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
       where s.shop_id = p_shop_id and s.counted and (s.variance_reason is not null or s.authorized_profit < 0)
         and s.snapshot_date between p_from and p_to and (s.snapshot_date, s.ro_tm_id) < (v_date, v_ro)
       order by s.snapshot_date desc, s.ro_tm_id desc
       limit p_limit + 1
    ), kind as (
      select coalesce(s.variance_reason, 'negative_profit') as name,
             count(*) as ro_count,
             sum(s.authorized_profit) as authorized_profit
        from public.ro_snapshots s
       where s.shop_id = p_shop_id and s.counted and (s.variance_reason is not null or s.authorized_profit < 0)
         and s.snapshot_date between p_from and p_to
       group by 1
    )
    select jsonb_build_object(
             'from', p_from,
             'to', p_to,
             'kinds', (
               select coalesce(jsonb_agg(to_jsonb(k) order by k.ro_count desc, k.name), '[]') from kind k),
             'repair_orders', coalesce(
               jsonb_agg(jsonb_build_object('kind', coalesce((page.s).variance_reason, 'negative_profit'))
                         || public.snapshot_report_row(page.s) order by page.place)
                 filter (where page.place <= p_limit), '[]'),
             'next', case when count(*) > p_limit then (
               select jsonb_build_object('date', (p.s).snapshot_date, 'ro', (p.s).ro_tm_id)
                 from page p where p.place = p_limit) end)
      from page
  );
end
$$;

comment on function public.report_exceptions(uuid, date, date, jsonb, integer) is
  'Counted ROs of an inclusive range with a negative profit or a variance: {from, to, kinds: [{name, ro_count, authorized_profit}], repair_orders: [{kind, columns of ro_snapshots}], next}. kind is variance_reason, else negative_profit. NULL for a shop the caller may not read.';

revoke execute on function public.report_exceptions(uuid, date, date, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_exceptions(uuid, date, date, jsonb, integer) to authenticated, service_role;
