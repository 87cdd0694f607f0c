-- Brings the snapshots of one RO in line with its row: writes the one that holds, withdraws those that no longer do and
-- clears the stale mark. The caller holds the RO's row lock and marks the days this answers as dirty.
-- A snapshot made by hand is a picture, never counted: it is withdrawn once the RO qualifies or is deleted,
-- and otherwise stays as it was taken.
create or replace function public.align_ro_snapshot(
  p_ro public.repair_orders,
  p_manual boolean,
  out outcome text,
  out dirty date[]
)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_before public.ro_snapshots;
  v_after public.ro_snapshots;
  v_deleted boolean := p_ro.deleted_at is not null or p_ro.status_id = 7;
  v_trigger text;
  v_date date;
  v_withdrawn integer;
begin
  select d.snapshot_trigger, d.snapshot_date into v_trigger, v_date from public.snapshot_due(p_ro) d;
  if v_trigger is null and p_manual then
    v_trigger := 'manual';
    select (now() at time zone s.timezone)::date into v_date from public.shops s where s.id = p_ro.shop_id;
  end if;

  -- withdraw first: at no time may two snapshots of an RO be counted
  with withdrawn as (
    update public.ro_snapshots s
       set counted = false, superseded_at = now(), updated_at = now()
     where s.shop_id = p_ro.shop_id
       and s.repair_order_id = p_ro.id
       and s.superseded_at is null
       and (s.snapshot_trigger, s.snapshot_date) is distinct from (v_trigger, v_date)
       and (s.snapshot_trigger <> 'manual' or v_trigger in ('posted', 'completed') or v_deleted)
    returning s.snapshot_date, s.snapshot_trigger
  )
  select count(*), coalesce(array_agg(w.snapshot_date) filter (where w.snapshot_trigger <> 'manual'), '{}')
    into v_withdrawn, dirty
    from withdrawn w;
  outcome := case when v_withdrawn > 0 then 'withdrawn' when v_trigger is null then 'none' else 'unchanged' end;

  if v_trigger is not null then
    select s.* into v_before
      from public.ro_snapshots s
     where s.shop_id = p_ro.shop_id
       and s.repair_order_id = p_ro.id
       and s.snapshot_date = v_date
       and s.snapshot_trigger = v_trigger;
    v_after := public.write_ro_snapshot(p_ro, v_date, v_trigger);
    if v_after.id is not null then
      outcome := 'written';
      if v_after.counted
         and public.snapshot_day_figures(v_before) is distinct from public.snapshot_day_figures(v_after) then
        dirty := dirty || v_date;
      end if;
    end if;
  end if;

  update public.repair_orders r
     set snapshot_stale = false, stale_since = null
   where r.id = p_ro.id and (r.snapshot_stale or r.stale_since is not null);
end
$$;

comment on function public.align_ro_snapshot(public.repair_orders, boolean) is
  'Writes or withdraws the snapshots of one locked RO; {outcome, dirty: the days whose counted figures moved}. Part of refresh_ro_snapshots.';

revoke execute on function public.align_ro_snapshot(public.repair_orders, boolean) from public, anon, authenticated;
grant execute on function public.align_ro_snapshot(public.repair_orders, boolean) to service_role;
