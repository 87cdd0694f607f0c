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
    with page as (
      select r.restated_at, r.metric_date,
             jsonb_agg(jsonb_build_object('metric', r.metric, 'old', r.old_value, 'new', r.new_value) order by r.metric)
               as changes,
             (array_agg(to_jsonb(r.ro_tm_ids)))[1] as ro_tm_ids,
             row_number() over (order by r.restated_at desc, r.metric_date desc) as place
        from public.metric_restatements r
       where r.shop_id = p_shop_id and r.restated_at >= p_since and (r.restated_at, r.metric_date) < (v_at, v_date)
       group by r.restated_at, r.metric_date
       order by r.restated_at desc, r.metric_date desc
       limit p_limit + 1
    )
    select jsonb_build_object(
             'since', p_since,
             'restatements', coalesce(
               jsonb_agg(jsonb_build_object(
                 'date', page.metric_date, 'restated_at', page.restated_at, 'changes', page.changes,
                 'repair_orders', (
                   select coalesce(
                            jsonb_agg(jsonb_build_object('ro_tm_id', i.id::bigint, 'ro_number', o.ro_number)
                                      order by i.id::bigint), '[]')
                     from jsonb_array_elements_text(page.ro_tm_ids) as i(id)
                     left join public.repair_orders o on o.shop_id = p_shop_id and o.tm_id = i.id::bigint))
                 order by page.place) filter (where page.place <= p_limit), '[]'),
             'next', case when count(*) > p_limit then (
               select jsonb_build_object('restated_at', p.restated_at, 'date', p.metric_date)
                 from page p where p.place = p_limit) end)
      from page
  );
end
$$;

comment on function public.report_restatements(uuid, timestamptz, jsonb, integer) is
  'Changes of days already over, since a moment, newest first: {since, restatements: [{date, restated_at, changes: [{metric, old, new}], repair_orders: [{ro_tm_id, ro_number}]}], next}. NULL for a shop the caller may not read.';

revoke execute on function public.report_restatements(uuid, timestamptz, jsonb, integer) from public, anon, authenticated;
grant execute on function public.report_restatements(uuid, timestamptz, jsonb, integer) to authenticated, service_role;
