-- Brings the snapshots of one RO in line with its row: refresh_ro_snapshots for a single one.
create or replace function public.refresh_ro_snapshot(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_manual boolean default false
)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  select coalesce(
    (public.refresh_ro_snapshots(p_shop_id, array[p_ro_tm_id], p_manual) -> 0) - 'ro',
    jsonb_build_object('outcome', 'unknown', 'affected_dates', '[]'::jsonb)
  )
$$;

comment on function public.refresh_ro_snapshot(uuid, bigint, boolean) is
  'Writes or withdraws the snapshots of one RO and marks the shop-local days whose counted figures moved. Returns {outcome: written|unchanged|withdrawn|none|unknown, affected_dates}. p_manual also pictures an RO that qualifies for none, on today''s date, never counted.';

revoke execute on function public.refresh_ro_snapshot(uuid, bigint, boolean) from public, anon, authenticated;
grant execute on function public.refresh_ro_snapshot(uuid, bigint, boolean) to service_role;
