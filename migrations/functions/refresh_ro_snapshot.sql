-- Brings the snapshots of one RO in line with its row: writes the one that holds, withdraws those that no longer do,
-- clears the stale mark and marks the days whose counted figures moved. One transaction, so a crash loses nothing.
-- Locks the RO row first (as apply_repair_order does), then proven and dirty days, each in date order: writers of one RO
-- queue up, writers of several ROs cannot deadlock. Running it again writes nothing and dirties nothing.
-- A snapshot made by hand is a picture, never counted: it is withdrawn once the RO qualifies or is deleted,
-- and otherwise stays as it was taken.
create or replace function public.refresh_ro_snapshot(
  p_shop_id uuid,
  p_ro_tm_id bigint,
  p_manual boolean default false
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
-- Every statement below goes by key: planning it again for each RO costs more than running it.
set plan_cache_mode = force_generic_plan
as $$
declare
  v_ro public.repair_orders;
  v_before public.ro_snapshots;
  v_after public.ro_snapshots;
  v_deleted boolean;
  v_trigger text;
  v_date date;
  v_dirty date[];
  v_withdrawn integer;
  v_outcome text;
begin
  select r.* into v_ro
    from public.repair_orders r
   where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id
     for no key update;
  if not found then
    return jsonb_build_object('outcome', 'unknown', 'affected_dates', '[]'::jsonb);
  end if;

  -- status first, dates second: an un-posted RO keeps residual dates
  v_deleted := v_ro.deleted_at is not null or v_ro.status_id = 7;
  if not v_deleted and v_ro.status_id in (5, 6) and v_ro.posted_date is not null then
    v_trigger := 'posted';
    v_date := v_ro.posted_date;
  elsif not v_deleted and v_ro.status_id in (3, 5, 6) and v_ro.completed_date is not null then
    v_trigger := 'completed';
    v_date := v_ro.completed_date;
  elsif p_manual then
    v_trigger := 'manual';
    select (now() at time zone s.timezone)::date into v_date from public.shops s where s.id = p_shop_id;
  end if;

  -- An RO that moves may end the proof of two days: both are taken in date order, as by every other writer.
  perform from public.reconciliations c
   where c.shop_id = p_shop_id
     and c.metric_date in (
       select v_date
       union all
       select s.snapshot_date from public.ro_snapshots s where s.repair_order_id = v_ro.id and s.counted)
     and c.state = 'proven'
   order by c.metric_date
     for no key update;

  -- withdraw first: at no time may two snapshots of an RO be counted
  with withdrawn as (
    update public.ro_snapshots s
       set counted = false, superseded_at = now(), updated_at = now()
     where s.shop_id = p_shop_id
       and s.repair_order_id = v_ro.id
       and s.superseded_at is null
       and (s.snapshot_trigger, s.snapshot_date) is distinct from (v_trigger, v_date)
       and (s.snapshot_trigger <> 'manual' or v_trigger in ('posted', 'completed') or v_deleted)
    returning s.snapshot_date, s.snapshot_trigger
  )
  select count(*), coalesce(array_agg(w.snapshot_date) filter (where w.snapshot_trigger <> 'manual'), '{}')
    into v_withdrawn, v_dirty
    from withdrawn w;
  v_outcome := case when v_withdrawn > 0 then 'withdrawn' when v_trigger is null then 'none' else 'unchanged' end;

  if v_trigger is not null then
    select s.* into v_before
      from public.ro_snapshots s
     where s.shop_id = p_shop_id
       and s.repair_order_id = v_ro.id
       and s.snapshot_date = v_date
       and s.snapshot_trigger = v_trigger;
    v_after := public.write_ro_snapshot(v_ro, v_date, v_trigger);
    if v_after.id is not null then
      v_outcome := 'written';
      if v_after.counted
         and public.snapshot_day_figures(v_before) is distinct from public.snapshot_day_figures(v_after) then
        v_dirty := v_dirty || v_date;
      end if;
    end if;
  end if;

  update public.repair_orders r
     set snapshot_stale = false, stale_since = null
   where r.id = v_ro.id and (r.snapshot_stale or r.stale_since is not null);

  insert into public.dirty_days as d (shop_id, metric_date, ro_tm_ids)
  select p_shop_id, day.metric_date, array[p_ro_tm_id]
    from (select distinct unnest(v_dirty) as metric_date) day
   order by day.metric_date
  on conflict (shop_id, metric_date) do update
     set generation = nextval('public.dirty_days_generation_seq'),
         ro_tm_ids = case when p_ro_tm_id = any (d.ro_tm_ids) then d.ro_tm_ids else d.ro_tm_ids || p_ro_tm_id end;

  return jsonb_build_object(
    'outcome', v_outcome,
    'affected_dates', (select coalesce(jsonb_agg(distinct day order by day), '[]') from unnest(v_dirty) day)
  );
end
$$;

comment on function public.refresh_ro_snapshot(uuid, bigint, boolean) is
  'Writes or withdraws the snapshots of one RO and marks the shop-local days whose counted figures moved. Returns {outcome: written|unchanged|withdrawn|none|unknown, affected_dates}. p_manual also pictures an RO that qualifies for none, on today''s date, never counted.';

revoke execute on function public.refresh_ro_snapshot(uuid, bigint, boolean) from public, anon, authenticated;
grant execute on function public.refresh_ro_snapshot(uuid, bigint, boolean) to service_role;
