-- The one write path of an RO: one read of TM (the bundle of src/core/warehouse/bundle.ts plus shop_id and run_id) in,
-- one transaction out. Idempotent; calls for one RO queue up on an advisory lock, whatever the worker.
--   stale      the stored read is newer by (updated_date, fetched_at): nothing is written
--   unchanged  same content_hash: only the bookkeeping of the read and the run item, no business row
--   held       status 7, but too many go at once: a person decides (decide_deletion), the stored RO stays
--   created, updated, deleted (status 7): header, parties, jobs and lines change together
-- With raw {payload} the answers are kept beside the RO; a read that could be stored ends its quarantine.
-- With force the rows are written again although nothing seems to differ (replay), never over a newer read.
-- snapshot_stale is set when something a metric depends on changed and the RO qualifies for a snapshot or has one.
-- Locks, in this order: advisory (RO), advisory shared (shop's time zone), RO row, parties, jobs, lines, run items.
create or replace function public.apply_repair_order(bundle jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
-- Every statement below goes by key: planning it again for each RO costs more than running it.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_shop_id uuid := bundle ->> 'shop_id';
  v_run_id uuid := bundle ->> 'run_id';
  v_fetched_at timestamptz := bundle ->> 'fetched_at';
  v_tm_id bigint := bundle -> 'repair_order' ->> 'tm_id';
  v_updated_date timestamptz := bundle -> 'repair_order' ->> 'updated_date';
  -- When the read began by our clock; a bundle without its age (an older release) tells it by the reader's.
  v_began_at timestamptz := coalesce(
    now() - make_interval(secs => (bundle ->> 'read_age_ms')::double precision / 1000), v_fetched_at + interval '5 seconds');
  v_force boolean := coalesce((bundle ->> 'force')::boolean, false);
  v_old record;
  v_same boolean;
  v_older boolean;
  v_decision text;
  v_result jsonb;
begin
  if v_shop_id is null or v_tm_id is null or v_fetched_at is null or bundle ->> 'content_hash' is null then
    raise exception 'the bundle lacks shop_id, repair_order.tm_id, content_hash or fetched_at'
      using errcode = '22023';
  end if;
  perform pg_advisory_xact_lock(public.repair_order_lock_key(v_shop_id, v_tm_id));

  select r.id, r.content_hash, r.status_id, r.missing_since, r.updated_date, d.fetched_at into v_old
    from public.repair_orders r
    join public.repair_order_reads d on d.repair_order_id = r.id
   where r.shop_id = v_shop_id and r.tm_id = v_tm_id;
  v_same := coalesce(v_old.content_hash = bundle ->> 'content_hash', false);
  v_older := v_old.id is not null
    and (coalesce(v_updated_date, v_old.updated_date, '-infinity'), v_fetched_at)
        < (coalesce(v_old.updated_date, '-infinity'), v_old.fetched_at);

  if v_older and not (v_force and v_same) then
    v_result := jsonb_build_object('outcome', 'stale');
  elsif v_same and not v_force then
    update public.repair_order_reads d
       set fetched_at = greatest(d.fetched_at, v_fetched_at), read_at = now()
     where d.repair_order_id = v_old.id;
    if v_old.missing_since is not null then
      update public.repair_orders r set missing_since = null, missing_run_id = null where r.id = v_old.id;
    end if;
    v_result := jsonb_build_object('outcome', 'unchanged');
  else
    if v_old.status_id <> 7 and (bundle -> 'repair_order' ->> 'status_id')::integer = 7 then
      v_decision := public.decide_deletion(v_old.id, v_run_id, 'status', v_fetched_at);
    end if;
    if v_decision like 'hold%' then
      update public.repair_order_reads d
         set fetched_at = greatest(d.fetched_at, v_fetched_at), read_at = now()
       where d.repair_order_id = v_old.id;
      v_result := jsonb_build_object('outcome', 'held', 'first', v_decision = 'hold-first');
    else
      v_result := public.write_repair_order(
        v_shop_id, v_run_id, greatest(v_fetched_at, case when v_same then v_old.fetched_at end), bundle);
    end if;
  end if;

  if v_result ->> 'outcome' <> 'stale' then
    if bundle -> 'raw' is not null then
      perform public.store_raw_payload(
        v_shop_id, v_tm_id, v_run_id, v_fetched_at, bundle ->> 'content_hash', bundle -> 'raw');
    end if;
    delete from public.ro_quarantine q
     where q.shop_id = v_shop_id and q.ro_tm_id = v_tm_id and q.fetched_at <= v_fetched_at;
    if (bundle -> 'repair_order' ->> 'status_id')::integer <> 7 then
      update public.repair_order_deletions d
         set state = 'restored', decided_at = now()
       where d.shop_id = v_shop_id and d.ro_tm_id = v_tm_id and d.state <> 'restored';
    end if;
  end if;
  perform public.settle_run_items(
    v_shop_id, v_tm_id, v_run_id, replace(v_result ->> 'outcome', 'held', 'unchanged'), v_began_at);
  return jsonb_build_object(
    'repair_order_id', v_old.id,
    'snapshot_stale', false,
    'counts', jsonb_build_object('jobs', 0, 'parts', 0, 'labor', 0, 'sublets', 0, 'fees', 0)
  ) || v_result || jsonb_build_object('parties_unknown', public.ro_parties_unknown(v_shop_id, v_tm_id));
end
$$;

comment on function public.apply_repair_order(jsonb) is
  'Stores one read of an RO with everything below it. Returns {outcome: created|updated|unchanged|stale|deleted|held, repair_order_id, snapshot_stale (this call marked it), counts of what was written, parties_unknown (its customer or vehicle was never seen in full)}.';

revoke execute on function public.apply_repair_order(jsonb) from public, anon, authenticated;
grant execute on function public.apply_repair_order(jsonb) to service_role;
