-- Compare-and-set of a cursor: moves only from the value the caller saw, and never back. A null expectation means that
-- the caller saw no cursor.
create or replace function public.advance_cursor(
  p_shop_id uuid,
  p_entity_type text,
  p_expected timestamptz,
  p_next timestamptz,
  p_state jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_cursor timestamptz;
begin
  if p_next is null then
    raise exception 'a cursor cannot be moved to nowhere' using errcode = '22023';
  end if;
  insert into public.sync_cursors as c (shop_id, entity_type, cursor_at, state)
  values (p_shop_id, p_entity_type, p_next, coalesce(p_state, '{}'))
  on conflict (shop_id, entity_type) do update
     set cursor_at = excluded.cursor_at, state = excluded.state, updated_at = now()
   where c.cursor_at is not distinct from p_expected and (c.cursor_at is null or excluded.cursor_at >= c.cursor_at)
  returning c.cursor_at into v_cursor;
  if found then
    return jsonb_build_object('advanced', true, 'cursor', v_cursor);
  end if;
  select c.cursor_at into v_cursor
    from public.sync_cursors c
   where c.shop_id = p_shop_id and c.entity_type = p_entity_type;
  return jsonb_build_object('advanced', false, 'cursor', v_cursor);
end
$$;

comment on function public.advance_cursor(uuid, text, timestamptz, timestamptz, jsonb) is
  'Moves a cursor from p_expected to p_next, never back. Returns {advanced, cursor} with the cursor now stored.';

revoke execute on function public.advance_cursor(uuid, text, timestamptz, timestamptz, jsonb) from public, anon, authenticated;
grant execute on function public.advance_cursor(uuid, text, timestamptz, timestamptz, jsonb) to service_role;
