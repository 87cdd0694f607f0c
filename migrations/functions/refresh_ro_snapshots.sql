-- Brings the snapshots of the given ROs in line with their rows and marks the days whose counted figures moved. One
-- transaction, so a crash loses nothing. Running it again writes nothing and dirties nothing.
-- Locks all RO rows in id order first (apply_repair_order takes them too), then proven and dirty days, each in date order:
-- writers of one RO queue up, and neither a batch nor writers of several ROs can deadlock.
create or replace function public.refresh_ro_snapshots(
  p_shop_id uuid,
  p_ro_tm_ids bigint[],
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
  v_ros public.repair_orders[];
  v_ro public.repair_orders;
  v_aligned record;
  v_answer jsonb := '[]';
begin
  select coalesce(array_agg(locked), '{}') into v_ros
    from (
      select r.*
        from public.repair_orders r
       where r.shop_id = p_shop_id and r.tm_id = any (p_ro_tm_ids)
       order by r.id
         for no key update
    ) locked;

  -- An RO that moves may end the proof of two days: all are taken in date order, as by every other writer.
  perform from public.reconciliations c
   where c.shop_id = p_shop_id
     and c.metric_date in (
       select due.snapshot_date from unnest(v_ros) r cross join public.snapshot_due(r) due
       union all
       select s.snapshot_date
         from public.ro_snapshots s
        where s.repair_order_id in (select r.id from unnest(v_ros) r) and s.counted)
     and c.state = 'proven'
   order by c.metric_date
     for no key update;

  foreach v_ro in array v_ros loop
    select a.outcome, a.dirty into v_aligned from public.align_ro_snapshot(v_ro, p_manual) a;
    v_answer := v_answer || jsonb_build_object(
      'ro', v_ro.tm_id,
      'outcome', v_aligned.outcome,
      'affected_dates', (select coalesce(jsonb_agg(distinct day order by day), '[]') from unnest(v_aligned.dirty) day));
  end loop;

  insert into public.dirty_days as d (shop_id, metric_date, ro_tm_ids)
  select p_shop_id, day.metric_date::date, array_agg((a.answer ->> 'ro')::bigint order by a.place)
    from jsonb_array_elements(v_answer) with ordinality as a(answer, place)
   cross join jsonb_array_elements_text(a.answer -> 'affected_dates') as day(metric_date)
   group by day.metric_date
   order by day.metric_date::date
  on conflict (shop_id, metric_date) do update
     set generation = nextval('public.dirty_days_generation_seq'),
         ro_tm_ids = d.ro_tm_ids
           || array(select ro.tm_id from unnest(excluded.ro_tm_ids) ro(tm_id) where ro.tm_id <> all (d.ro_tm_ids));

  return v_answer;
end
$$;

comment on function public.refresh_ro_snapshots(uuid, bigint[], boolean) is
  'Writes or withdraws the snapshots of ROs and marks the shop-local days whose counted figures moved. Returns [{ro, outcome: written|unchanged|withdrawn|none, affected_dates}] of the ROs that are stored. p_manual also pictures ROs that qualify for none, on today''s date, never counted.';

revoke execute on function public.refresh_ro_snapshots(uuid, bigint[], boolean) from public, anon, authenticated;
grant execute on function public.refresh_ro_snapshots(uuid, bigint[], boolean) to service_role;
