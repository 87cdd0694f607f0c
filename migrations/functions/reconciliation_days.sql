-- Every day of a range with what reconciling it gave: proven, differs (with the ROs) or not_yet
-- (with the reason). A proven day with something still to be computed is not_yet/work_pending until that is done.
-- whole: the listing began after the day was over, so the proof is of the whole day and not only of its beginning.
-- For readers: row-level security shows each user the shops they may see.
create or replace function public.reconciliation_days(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(
           jsonb_build_object(
             'date', g.day::date,
             'state', case when c.state = 'proven' and d.metric_date is not null then 'not_yet'
                           else coalesce(c.state, 'not_yet') end,
             'reason', case when c.metric_date is null then 'never'
                            when c.state = 'proven' and d.metric_date is not null then 'work_pending'
                            else c.reason end,
             'whole', coalesce(c.listed_at >= ((g.day::date + 1)::timestamp at time zone z.timezone), false),
             'tm_ros', c.tm_ros, 'local_ros', c.local_ros, 'completed_ros', c.completed_ros,
             'differences', coalesce(c.differences, '[]'), 'run_id', c.run_id, 'listed_at', c.listed_at,
             'reconciled_at', c.reconciled_at, 'changed_at', c.changed_at)
           order by g.day), '[]')
    from public.shops z
   cross join generate_series(p_from, p_to, interval '1 day') g(day)
    left join public.reconciliations c on c.shop_id = z.id and c.metric_date = g.day
    left join public.dirty_days d on d.shop_id = z.id and d.metric_date = g.day
   where z.id = p_shop_id
$$;

comment on function public.reconciliation_days(uuid, date, date) is
  'What reconciling each shop-local day of a range gave: [{date, state: proven|differs|not_yet, reason, whole, tm_ros, local_ros, completed_ros, differences, run_id, listed_at, reconciled_at, changed_at}].';

revoke execute on function public.reconciliation_days(uuid, date, date) from public, anon;
grant execute on function public.reconciliation_days(uuid, date, date) to authenticated, service_role;
