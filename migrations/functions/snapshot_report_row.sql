-- A counted RO as the lists of the reports show it: the columns of its snapshot without our keys and bookkeeping.
create or replace function public.snapshot_report_row(p_snapshot public.ro_snapshots)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select to_jsonb(p_snapshot) - array[
    'id', 'shop_id', 'repair_order_id', 'counted', 'superseded_at', 'service_advisor_id', 'technician_labor',
    'metric_hash', 'created_at', 'updated_at'
  ]
$$;

comment on function public.snapshot_report_row(public.ro_snapshots) is
  'A snapshot as the lists of the reports show it. Part of the report functions.';

revoke execute on function public.snapshot_report_row(public.ro_snapshots) from public, anon, authenticated;
grant execute on function public.snapshot_report_row(public.ro_snapshots) to authenticated, service_role;
