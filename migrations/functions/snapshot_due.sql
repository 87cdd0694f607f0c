-- Which snapshot an RO calls for (metrics.md, "Snapshots"): status first, dates second, because an un-posted RO keeps
-- residual dates. No row for an RO that calls for none. Reads no table.
create or replace function public.snapshot_due(p_ro public.repair_orders)
returns table (snapshot_trigger text, snapshot_date date)
language sql
immutable
security invoker
set search_path = ''
as $$
  select case when p_ro.status_id in (5, 6) and p_ro.posted_date is not null then 'posted' else 'completed' end,
         case when p_ro.status_id in (5, 6) and p_ro.posted_date is not null then p_ro.posted_date else p_ro.completed_date end
   where p_ro.deleted_at is null
     and (p_ro.status_id in (5, 6) and p_ro.posted_date is not null
          or p_ro.status_id in (3, 5, 6) and p_ro.completed_date is not null)
$$;

comment on function public.snapshot_due(public.repair_orders) is
  'The counted snapshot that an RO calls for by its status and dates: {snapshot_trigger: posted|completed, snapshot_date}; no row when none.';

revoke execute on function public.snapshot_due(public.repair_orders) from public, anon, authenticated;
grant execute on function public.snapshot_due(public.repair_orders) to service_role;
