-- Writes one metric_restatements row per figure that moved, when the day lies before the shop's today.
-- p_before and p_after are shop_day_figures; NULL = the day had, or has, no row. Returns how many rows were written.
-- The first computation of a day is none: no row before and no restatement of that day on record.
-- Nor is the first fill of a shop: while its first run (or a backfill) brings in ROs the warehouse never held, a past day
-- is computed several times before anybody could have read it. A change counts as soon as one RO behind it was there
-- before, came by another run, or was asked for by hand.
create or replace function public.record_restatements(
  p_shop_id uuid,
  p_date date,
  p_before jsonb,
  p_after jsonb,
  p_ro_tm_ids bigint[]
)
returns integer
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_count integer;
begin
  if p_date >= (select (now() at time zone s.timezone)::date from public.shops s where s.id = p_shop_id) then
    return 0;
  end if;
  if p_before is null and not exists (
    select from public.metric_restatements r where r.shop_id = p_shop_id and r.metric_date = p_date
  ) then
    return 0;
  end if;
  if cardinality(p_ro_tm_ids) > 0 and not exists (
    select
      from public.repair_orders o
      left join public.sync_log l on l.id = o.last_run_id
     where o.shop_id = p_shop_id
       and o.tm_id = any (p_ro_tm_ids)
       and (
         l.id is null
         or o.created_at < l.started_at
         or l.params ->> 'source' is distinct from 'backfill' and exists (
           select
             from public.sync_log earlier
            where earlier.shop_id = p_shop_id
              and earlier.kind = 'repair-orders'
              and earlier.finished_at <= l.started_at
         )
       )
  ) then
    return 0;
  end if;

  insert into public.metric_restatements (shop_id, metric_date, metric, old_value, new_value, ro_tm_ids)
  select p_shop_id, p_date, metric.name, (p_before ->> metric.name)::numeric, (p_after ->> metric.name)::numeric,
         array(select distinct ro.tm_id from unnest(p_ro_tm_ids) ro(tm_id) order by ro.tm_id)
    from jsonb_object_keys(coalesce(p_before, p_after)) metric(name)
   where (p_before ->> metric.name)::numeric is distinct from (p_after ->> metric.name)::numeric
   order by metric.name;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

comment on function public.record_restatements(uuid, date, jsonb, jsonb, bigint[]) is
  'Records which figures of a day before the shop''s today moved, from what to what and because of which ROs (TM ids). Part of refresh_daily_metrics.';

revoke execute on function public.record_restatements(uuid, date, jsonb, jsonb, bigint[])
  from public, anon, authenticated;
grant execute on function public.record_restatements(uuid, date, jsonb, jsonb, bigint[]) to service_role;
