-- What a day takes from a snapshot: every column except those that only describe the RO. Two snapshots with equal
-- figures make equal days, so a change of name, label or TM's own percentage dirties no day. A withdrawn or absent
-- snapshot gives a day nothing: NULL. Reads no table.
create or replace function public.snapshot_day_figures(p_snapshot public.ro_snapshots)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select case when p_snapshot.counted then
    to_jsonb(p_snapshot) - array[
      'id', 'created_at', 'updated_at', 'superseded_at', 'ro_number', 'ro_status', 'customer_name',
      'vehicle_description', 'service_advisor_tm_id', 'service_advisor_name', 'authorized_gp_percent',
      'tm_reported_gp_percent', 'variance_percent', 'variance_reason', 'calculation_method', 'metric_hash'
    ]
  end
$$;

comment on function public.snapshot_day_figures(public.ro_snapshots) is
  'The part of a counted snapshot that its day sums up; NULL when it is not counted.';

revoke execute on function public.snapshot_day_figures(public.ro_snapshots) from public, anon, authenticated;
grant execute on function public.snapshot_day_figures(public.ro_snapshots) to service_role;
