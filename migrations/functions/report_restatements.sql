-- What changed since a moment on days that were already over: one event per day and recomputation, newest first, with
-- every figure that moved and the ROs behind it. The key of a page is (moment, day).
create or replace function public.report_restatements(
  p_shop_id uuid,
  p_since timestamptz,
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
  v_at timestamptz := coalesce((p_after ->> 'restated_at')::timestamptz, 'infinity');
  v_date date := coalesce((p_after ->> 'date')::date, 'infinity');
begin
  if p_since is null then
    raise exception 'p_since must be a moment' using errcode = '22023';
  end if;
  perform public.check_page(p_limit, p_after, array['restated_at', 'date']);
  if not exists (select from public.shops s where s.id = p_shop_id) then
    return null;
  end if;
  return (
    with event as (
      -- the keys of the page first, from the index alone; everything else is read for these only
      select distinct r.restated_at, r.metric_date
        from public.metric_restatements r
       where r.shop_id = p_shop_id and r.restated_at >= p_since and (r.restated_at, r.metric_date) < (v_at, v_date)
       order by r.restated_at desc, r.metric_date desc
       limit p_limit + 1
    ), page as (
      select e.*, row_number() over (order by e.restated_at desc, e.metric_date desc) as place from event e
    ), told as (
      select page.place, page.metric_date, page.restated_at, moved.changes, moved.ro_tm_ids
        from page
       cross join lateral (
         select jsonb_agg(jsonb_build_object('metric', r.metric, 'old', r.old_value, 'new', r.new_value) order by r.metric)
                  as changes,
                (array_agg(to_jsonb(r.ro_tm_ids)))[1] as ro_tm_ids
           from public.metric_restatements r
          where r.shop_id = p_shop_id and r.restated_at = page.restated_at and r.metric_date = page.metric_date
       ) moved
       where page.place <= p_limit
    )
    select jsonb_build_object(
             'since', p_since,
             'restatements', (
               select coalesce(
                        jsonb_agg(jsonb_build_object(
                          'date', t.metric_date, 'restated_at', t.restated_at, 'changes', t.changes,
                          'repair_orders', (
                            select coalesce(
                                     jsonb_agg(jsonb_build_object(
                                       'ro_tm_id', i.id,
                                       'ro_number', (
                                         select o.ro_number
                                           from public.repair_orders o
                                          where o.shop_id = p_shop_id and o.tm_id = i.id))
                                       order by i.id), '[]')
                              from (select x.value::bigint as id from jsonb_array_elements_text(t.ro_tm_ids) x) i))
                          order by t.place), '[]')
                 from told t),
             'next', (
               select jsonb_build_object('restated_at', p.restated_at, 'date', p.metric_date)
                 from page p
                where p.place = p_limit and exists (select from page more where more.place > p_limit)))
  );
end
$$;

comment on function public.report_restatements(uuid, timestamptz, jsonb, integer) is
  'Changes of days already over, since a moment, newest first: {since, restatements: [{date, restated_at, changes: [{metric, old, new}], repair_orders: [{ro_tm_id, ro_number}]}], next}. NULL for a shop the caller may not read.';

revoke execute on function public.report_restatements(uuid, timestamptz, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_restatements(uuid, timestamptz, jsonb, integer) to authenticated, service_role;
