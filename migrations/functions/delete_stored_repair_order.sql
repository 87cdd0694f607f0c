-- Marks the stored RO as deleted: status and dates go, lines stay as last known, its snapshots have to go. Without a
-- content hash the next found read is applied, even when it says what was stored before.
create or replace function public.delete_stored_repair_order(
  p_repair_order_id uuid,
  p_run_id uuid,
  p_observed_at timestamptz,
  p_deleted_at timestamptz
)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  update public.repair_orders r
     set status = 'DELETED', status_id = 7, posted_date = null, completed_date = null, deleted_at = p_deleted_at,
         content_hash = null, metric_hash = null, last_synced_at = now(), last_run_id = p_run_id,
         snapshot_stale = v.has_snapshot or r.snapshot_stale,
         stale_since = case when v.has_snapshot or r.snapshot_stale then coalesce(r.stale_since, now()) end,
         updated_at = now()
    from (
      select exists (
        select from public.ro_snapshots s where s.repair_order_id = p_repair_order_id and s.superseded_at is null
      ) as has_snapshot
    ) v
   where r.id = p_repair_order_id;
  update public.repair_order_reads d
     set fetched_at = p_observed_at, read_at = now()
   where d.repair_order_id = p_repair_order_id;
  delete from public.ro_quarantine q
   using public.repair_orders r
   where r.id = p_repair_order_id and q.shop_id = r.shop_id and q.ro_tm_id = r.tm_id
$$;

comment on function public.delete_stored_repair_order(uuid, uuid, timestamptz, timestamptz) is
  'Status DELETED for a stored RO. Part of mark_repair_order_deleted and delete_repair_order.';

revoke execute on function public.delete_stored_repair_order(uuid, uuid, timestamptz, timestamptz) from public, anon, authenticated;
grant execute on function public.delete_stored_repair_order(uuid, uuid, timestamptz, timestamptz) to service_role;
