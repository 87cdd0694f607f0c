-- Opens a backfill with its windows, newest first. A shop that has an open one gets that one back, whatever was asked. Asked
-- for the same days, its failed windows begin again, and the rest goes on where it was; other days change nothing.
create or replace function public.open_backfill(
  p_shop_id uuid,
  p_from date,
  p_to date,
  p_window_days integer,
  p_trigger text,
  p_forecast jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_id uuid;
  v_days integer := coalesce(p_window_days, 1);
begin
  if not exists (select from public.shops s where s.id = p_shop_id) then
    raise exception 'there is no shop %', p_shop_id using errcode = '22023';
  end if;
  insert into public.backfills (shop_id, from_date, to_date, window_days, trigger, forecast)
  values (p_shop_id, p_from, p_to, v_days, p_trigger, coalesce(p_forecast, '{}'))
  on conflict (shop_id) where status = 'open' do nothing
  returning id into v_id;
  if v_id is not null then
    insert into public.backfill_windows (backfill_id, position, shop_id, from_date, to_date)
    select v_id, w.position, p_shop_id, greatest(p_to - (w.position + 1) * v_days + 1, p_from), p_to - w.position * v_days
      from generate_series(0, (p_to - p_from) / v_days) as w(position);
    return public.backfill_progress(v_id) || jsonb_build_object('existing', false);
  end if;
  select b.id into v_id from public.backfills b where b.shop_id = p_shop_id and b.status = 'open';
  update public.backfill_windows w
     set status = 'waiting', run_id = null, pages = 0, next_keys = null, listed = 0, error = null, finished_at = null
   where w.backfill_id = v_id and w.status = 'failed'
     and exists (select from public.backfills b where b.id = v_id and b.from_date = p_from and b.to_date = p_to);
  return public.backfill_progress(v_id) || jsonb_build_object('existing', true);
end
$$;

comment on function public.open_backfill(uuid, date, date, integer, text, jsonb) is
  'Opens a backfill of the days p_from to p_to, or returns the shop''s open one. Returns backfill_progress with existing.';

revoke execute on function public.open_backfill(uuid, date, date, integer, text, jsonb) from public, anon, authenticated;
grant execute on function public.open_backfill(uuid, date, date, integer, text, jsonb) to service_role;
