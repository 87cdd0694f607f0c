-- One page of a window in one transaction: its ROs become items of the window's run, and the key of the next page is
-- stored. Compare-and-set on the number of pages, so a page that two workers read is planned once. With the last page
-- come the stored ROs of these days that the report should have shown and did not, unless it was cut off.
create or replace function public.advance_backfill_window(
  p_backfill_id uuid,
  p_position integer,
  p_pages integer,
  p_seen jsonb,
  p_next_keys text,
  p_last boolean,
  p_truncated boolean
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_window public.backfill_windows;
  v_stale jsonb;
  v_missing jsonb := '[]';
begin
  update public.backfill_windows w
     set pages = w.pages + 1, next_keys = case when p_last then null else p_next_keys end,
         listed = w.listed + jsonb_array_length(p_seen), truncated = w.truncated or p_truncated,
         status = case when p_last then 'syncing' else 'listing' end
   where w.backfill_id = p_backfill_id and w.position = p_position and w.status = 'listing' and w.pages = p_pages
  returning w.* into v_window;
  if v_window.run_id is null then
    return jsonb_build_object('advanced', false, 'asked', '[]'::jsonb);
  end if;

  perform public.note_report_figures(v_window.shop_id, p_seen);
  v_stale := public.stale_repair_orders(v_window.shop_id, p_seen);
  perform public.record_run_items(v_window.run_id, v_window.shop_id, (
    select coalesce(jsonb_agg(jsonb_build_object(
             'ro', s.value -> 'ro', 'outcome', case when v_stale @> (s.value -> 'ro') then 'pending' else 'skipped' end)), '[]')
      from jsonb_array_elements(p_seen) s));
  if p_last then
    if not v_window.truncated then
      v_missing := public.unlisted_repair_orders(
        v_window.shop_id, 'posted', v_window.from_date, v_window.to_date,
        (select coalesce(jsonb_agg(i.ro_tm_id), '[]') from public.sync_run_items i where i.run_id = v_window.run_id), null);
      perform public.record_run_items(v_window.run_id, v_window.shop_id, (
        select coalesce(jsonb_agg(jsonb_build_object('ro', m.value, 'outcome', 'pending')), '[]')
          from jsonb_array_elements(v_missing) m));
    end if;
    perform public.close_listing(v_window.run_id, jsonb_build_object(
      'pages', v_window.pages, 'seen', v_window.listed, 'truncated', v_window.truncated));
  end if;
  return jsonb_build_object('advanced', true, 'asked', v_stale || v_missing);
end
$$;

comment on function public.advance_backfill_window(uuid, integer, integer, jsonb, text, boolean, boolean) is
  'Plans the ROs of page p_pages (p_seen as in stale_repair_orders) and stores the next key. Returns {advanced, asked: TM ids to sync}; advanced is false when that page was planned before.';

revoke execute on function public.advance_backfill_window(uuid, integer, integer, jsonb, text, boolean, boolean) from public, anon, authenticated;
grant execute on function public.advance_backfill_window(uuid, integer, integer, jsonb, text, boolean, boolean) to service_role;
