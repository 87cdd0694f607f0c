-- Recomputes one shop-local day: the shop's row, its technicians' and its advisors', all from the same counted
-- snapshots read in one statement, so the three always agree. An empty day has no rows. Rows that already say the
-- same are not written.
-- Concurrency: calls for one day queue up on an advisory lock taken first. The dirty mark's generation is read before
-- the snapshots and the mark is deleted last, only if its generation is still that one; a snapshot committed in
-- between has raised it, so the mark stays for the next run. The mark's row lock is the last one waited for, hence no
-- cycle with refresh_ro_snapshot.
-- Restatements: a changed figure of a day before the shop's today leaves one row per metric with the ROs named by
-- the dirty mark. The first computation of a day (no row and no restatement of that day before, as in a backfill) is
-- not a restatement; a day that empties restates to NULL, and one that fills again restates from NULL.
create or replace function public.refresh_daily_metrics(p_shop_id uuid, p_date date)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_generation bigint;
  v_ro_tm_ids bigint[];
  v_snapshots public.ro_snapshots[];
  v_before jsonb;
  v_after jsonb;
  v_people_changed boolean;
  v_restated integer := 0;
begin
  perform pg_advisory_xact_lock(hashtextextended('daily_metrics:' || p_shop_id || ':' || p_date, 0));

  select d.generation, d.ro_tm_ids into v_generation, v_ro_tm_ids
    from public.dirty_days d
   where d.shop_id = p_shop_id and d.metric_date = p_date;

  select array_agg(s order by s.id) into v_snapshots
    from public.ro_snapshots s
   where s.shop_id = p_shop_id and s.snapshot_date = p_date and s.counted;

  v_before := public.shop_day_figures(p_shop_id, p_date);
  perform public.write_shop_day(p_shop_id, p_date, v_snapshots);
  v_after := public.shop_day_figures(p_shop_id, p_date);
  v_people_changed := public.write_technician_day(p_shop_id, p_date, v_snapshots);
  v_people_changed := public.write_advisor_day(p_shop_id, p_date, v_snapshots) or v_people_changed;

  if v_before is distinct from v_after then
    v_restated := public.record_restatements(p_shop_id, p_date, v_before, v_after, coalesce(v_ro_tm_ids, '{}'));
  end if;

  delete from public.dirty_days d
   where d.shop_id = p_shop_id and d.metric_date = p_date and d.generation = v_generation;

  return jsonb_build_object(
    'row', v_after || jsonb_build_object('metric_date', p_date),
    'changed', v_before is distinct from v_after or v_people_changed,
    'deleted', v_before is not null and v_after is null,
    'restated', v_restated
  );
end
$$;

comment on function public.refresh_daily_metrics(uuid, date) is
  'Recomputes the shop, technician and advisor rows of one shop-local day from its counted snapshots. Returns {row (null for an empty day), changed, deleted, restated}.';

revoke execute on function public.refresh_daily_metrics(uuid, date) from public, anon, authenticated;
grant execute on function public.refresh_daily_metrics(uuid, date) to service_role;
