-- What apply_repair_order would do with this bundle, and what it would do to snapshots and days: done for real inside a
-- subtransaction that is always rolled back, so the preview cannot differ from the deed. Nothing is written, not even a
-- timestamp; only the generation counter of dirty days may skip numbers, which says nothing.
create or replace function public.preview_repair_order(bundle jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_shop_id uuid := bundle ->> 'shop_id';
  v_tm_id bigint := bundle -> 'repair_order' ->> 'tm_id';
  v_before jsonb;
  v_after jsonb;
  v_applied jsonb;
  v_refreshed jsonb;
  v_days jsonb := '[]';
  v_date date;
  v_day_before jsonb;
begin
  v_before := public.ro_picture(v_shop_id, v_tm_id);
  begin
    v_applied := public.apply_repair_order(bundle);
    v_refreshed := public.refresh_ro_snapshot(v_shop_id, v_tm_id, false);
    for v_date in select d.value::date from jsonb_array_elements_text(v_refreshed -> 'affected_dates') d order by 1 loop
      v_day_before := public.shop_day_figures(v_shop_id, v_date);
      v_days := v_days || jsonb_build_object(
        'date', v_date, 'before', v_day_before,
        'after', public.refresh_daily_metrics(v_shop_id, v_date) -> 'row');
    end loop;
    v_after := public.ro_picture(v_shop_id, v_tm_id);
    raise exception 'preview' using errcode = 'TWP01';
  exception
    when sqlstate 'TWP01' then
      null;
  end;
  return jsonb_build_object('outcome', v_applied ->> 'outcome', 'before', v_before, 'after', v_after, 'days', v_days);
end
$$;

comment on function public.preview_repair_order(jsonb) is
  'Shows what apply_repair_order would change and writes nothing. Returns {outcome, before, after (ro_picture), days: [{date, before, after}]}.';

revoke execute on function public.preview_repair_order(jsonb) from public, anon, authenticated;
grant execute on function public.preview_repair_order(jsonb) to service_role;
