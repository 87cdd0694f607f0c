-- A person says that ROs are not deleted. What is held is dropped; what was deleted gets back the status and the dates
-- it had, and a mark for its snapshot. Deleting one of them again asks first; a read that finds it settles the matter.
-- Which: one RO, those of a run, or (neither given) only what is held.
create or replace function public.undo_deletions(p_shop_id uuid, p_run_id uuid, p_ro_tm_id bigint)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_row record;
  v_dropped bigint[] := '{}';
  v_restored bigint[] := '{}';
begin
  for v_row in
    select d.ro_tm_id
      from public.repair_order_deletions d
     where d.shop_id = p_shop_id
       and (p_run_id is null or d.run_id = p_run_id)
       and (p_ro_tm_id is null or d.ro_tm_id = p_ro_tm_id)
       and (d.state in ('held', 'confirmed')
         or d.state = 'deleted' and (p_run_id is not null or p_ro_tm_id is not null))
     order by d.ro_tm_id
  loop
    perform pg_advisory_xact_lock(public.repair_order_lock_key(p_shop_id, v_row.ro_tm_id));
    -- A read that found it while this waited has settled the matter.
    continue when exists (
      select from public.repair_order_deletions d
       where d.shop_id = p_shop_id and d.ro_tm_id = v_row.ro_tm_id and d.state = 'restored');
    update public.repair_orders r
       set status = d.previous ->> 'status', status_id = (d.previous ->> 'status_id')::integer,
           posted_at = (d.previous ->> 'posted_at')::timestamptz,
           completed_at = (d.previous ->> 'completed_at')::timestamptz,
           posted_date = (d.previous ->> 'posted_date')::date,
           completed_date = (d.previous ->> 'completed_date')::date,
           deleted_at = null, content_hash = null, metric_hash = null, missing_since = null, missing_run_id = null,
           snapshot_stale = true, stale_since = coalesce(r.stale_since, now()), updated_at = now()
      from public.repair_order_deletions d
     where d.shop_id = p_shop_id and d.ro_tm_id = v_row.ro_tm_id and d.state = 'deleted'
       and r.shop_id = p_shop_id and r.tm_id = v_row.ro_tm_id and r.status_id = 7;
    if found then
      v_restored := v_restored || v_row.ro_tm_id;
      update public.repair_order_reads d
         set seal = null
        from public.repair_orders r
       where d.repair_order_id = r.id and r.shop_id = p_shop_id and r.tm_id = v_row.ro_tm_id;
    else
      update public.repair_orders r
         set missing_since = null, missing_run_id = null
       where r.shop_id = p_shop_id and r.tm_id = v_row.ro_tm_id and r.missing_since is not null;
      v_dropped := v_dropped || v_row.ro_tm_id;
    end if;
    update public.repair_order_deletions d
       set state = 'undone', decided_at = now()
     where d.shop_id = p_shop_id and d.ro_tm_id = v_row.ro_tm_id;
  end loop;
  return jsonb_build_object('dropped', to_jsonb(v_dropped), 'restored', to_jsonb(v_restored));
end
$$;

comment on function public.undo_deletions(uuid, uuid, bigint) is
  'Drops held deletions and brings deleted ROs back. Returns {dropped, restored}: TM ids.';

revoke execute on function public.undo_deletions(uuid, uuid, bigint) from public, anon, authenticated;
grant execute on function public.undo_deletions(uuid, uuid, bigint) to service_role;
