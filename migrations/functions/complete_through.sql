-- Up to when a shop's figures are proven: the end of the last day of an unbroken chain of proven days. Shown with every
-- KPI. The chain is the newest stretch of reconciled days without a gap. Its rules:
--   1. It grows only by days that were proven from a listing of TM's report which began after the day was over, one day after
--      the other: a day that differs or was never reconciled stops it, whatever was proven later.
--   2. Beyond its last whole day it reaches into the next one only as far as the listing that proved it.
--   3. It shrinks only when a day in it stops being proven: a figure here changed, something waits to be computed, or a
--      later comparison differs or was of a listing that TM cut off. Passing time and a reconcile that failed leave it.
-- For readers: row-level security shows each user the shops they may see.
create or replace function public.complete_through(p_shop_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with day as (
    select c.metric_date, c.listed_at, c.reason, jsonb_array_length(c.differences) as differences,
           case when c.state = 'proven' and d.metric_date is not null then 'not_yet' else c.state end as state,
           d.metric_date is not null as is_waiting,
           c.metric_date + 1 as next_date,
           c.metric_date - (row_number() over (order by c.metric_date))::integer as stretch
      from public.reconciliations c
      left join public.dirty_days d on d.shop_id = c.shop_id and d.metric_date = c.metric_date
     where c.shop_id = p_shop_id
  ), chain as (
    select x.metric_date, x.listed_at, x.state, x.differences,
           case when x.state = 'not_yet' and x.reason is null then 'work_pending' else x.reason end as reason,
           x.state = 'proven' as is_proven,
           x.listed_at >= (x.next_date::timestamp at time zone z.timezone) as is_whole,
           (x.next_date::timestamp at time zone z.timezone) as ends_at
      from (select day.*, max(day.stretch) over () as newest from day) x
      join public.shops z on z.id = p_shop_id
     where x.stretch = x.newest
  ), linked as (
    select c.*, bool_and(c.is_proven and c.is_whole) over (order by c.metric_date) as is_in_chain from chain c
  ), reach as (
    select min(l.metric_date) as first, max(l.metric_date) filter (where l.is_in_chain) as last,
           max(l.ends_at) filter (where l.is_in_chain) as ends_at,
           count(*) filter (where l.state = 'proven') as proven,
           count(*) filter (where l.state = 'differs') as differing,
           count(*) filter (where l.state = 'not_yet') as unproven
      from linked l
  )
  select jsonb_build_object(
           'from', r.first, 'through', r.last,
           'through_at', case when block.is_proven then block.listed_at else r.ends_at end,
           'days_proven', r.proven, 'days_differing', r.differing, 'days_unproven', r.unproven,
           'why', case when block.metric_date is null then
                         jsonb_build_object('date', r.last + 1, 'state', 'not_yet', 'reason', 'never', 'differences', 0)
                       else
                         jsonb_build_object(
                           'date', block.metric_date, 'state', block.state,
                           'reason', case when block.is_proven then 'not_over_when_listed' else block.reason end,
                           'differences', block.differences) end)
    from reach r
    left join lateral (
      select l.* from linked l where not l.is_in_chain order by l.metric_date limit 1
    ) block on true
$$;

comment on function public.complete_through(uuid) is
  'Up to when a shop is proven against TM: {from, through (last whole proven shop-local day, NULL if none), through_at (moment, UTC), days_proven, days_differing, days_unproven (of the newest stretch of reconciled days), why: {date, state, reason, differences} of the day that stops it}.';

revoke execute on function public.complete_through(uuid) from public, anon;
grant execute on function public.complete_through(uuid) to authenticated, service_role;
