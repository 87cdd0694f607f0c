-- Changes settings of a shop: name, timezone, default_labor_rate, parts_margin, tax_rate, default_tech_hourly_cost,
-- sync_enabled, features, tm_metadata; other keys are refused. Absent keys keep their value.
-- A new time zone moves days: posted and completed dates are derived again and ROs whose day changed are marked, in
-- the same transaction, behind a lock that no RO of the shop is written beside; no day stays proven. Labor cost stays as it was fixed.
create or replace function public.set_shop(p_tm_id bigint, p_patch jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_allowed text[] := array['name', 'timezone', 'default_labor_rate', 'parts_margin', 'tax_rate',
                            'default_tech_hourly_cost', 'sync_enabled', 'features', 'tm_metadata'];
  v_old public.shops;
  v_new public.shops;
  v_moved integer := 0;
begin
  if jsonb_typeof(p_patch) <> 'object' or p_patch - v_allowed <> '{}'::jsonb then
    raise exception 'a shop has no setting %', p_patch - v_allowed using errcode = '22023';
  end if;
  select s.* into v_old from public.shops s where s.tm_id = p_tm_id;
  if not found then
    raise exception 'there is no shop %', p_tm_id using errcode = '22023';
  end if;
  if p_patch ? 'timezone' then
    perform public.check_timezone(p_patch ->> 'timezone');
    perform pg_advisory_xact_lock(public.shop_timezone_lock_key(v_old.id));
  end if;
  select s.* into v_old from public.shops s where s.id = v_old.id for no key update;
  v_new := jsonb_populate_record(v_old, p_patch);
  if v_new is distinct from v_old then
    update public.shops s
       set name = v_new.name, timezone = v_new.timezone, default_labor_rate = v_new.default_labor_rate,
           parts_margin = v_new.parts_margin, tax_rate = v_new.tax_rate,
           default_tech_hourly_cost = v_new.default_tech_hourly_cost, sync_enabled = v_new.sync_enabled,
           features = v_new.features, tm_metadata = v_new.tm_metadata, updated_at = now()
     where s.id = v_old.id;
  end if;

  if v_new.timezone <> v_old.timezone then
    with dated as (
      select r.id,
             case when r.status_id in (5, 6) then (r.posted_at at time zone v_new.timezone)::date end as posted_date,
             case when r.status_id in (3, 5, 6) then (r.completed_at at time zone v_new.timezone)::date end as completed_date
        from public.repair_orders r
       where r.shop_id = v_old.id and r.status_id in (3, 5, 6)
       order by r.id
         for no key update
    )
    update public.repair_orders r
       set posted_date = d.posted_date, completed_date = d.completed_date, snapshot_stale = true,
           stale_since = coalesce(r.stale_since, now()), updated_at = now()
      from dated d
     where r.id = d.id
       and (r.posted_date, r.completed_date) is distinct from (d.posted_date, d.completed_date);
    get diagnostics v_moved = row_count;
    -- In date order, as every other writer takes them.
    perform from public.reconciliations c
      where c.shop_id = v_old.id and c.state = 'proven'
      order by c.metric_date
        for no key update;
    update public.reconciliations c
       set state = 'not_yet', reason = 'timezone_changed', changed_at = now()
     where c.shop_id = v_old.id and c.state = 'proven';
  end if;
  return to_jsonb(v_new) || jsonb_build_object('moved_repair_orders', v_moved);
end
$$;

comment on function public.set_shop(bigint, jsonb) is
  'Changes settings of a shop by TM number. Returns the shop and moved_repair_orders: ROs whose shop-local day a new time zone changed.';

revoke execute on function public.set_shop(bigint, jsonb) from public, anon, authenticated;
grant execute on function public.set_shop(bigint, jsonb) to service_role;
