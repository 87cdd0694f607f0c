-- TM was asked for these placeholders by id and had no usable record: they are not asked for again; a list still fills them.
create or replace function public.mark_parties_looked_up(p_shop_id uuid, p_kind text, p_tm_ids jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_marked integer;
begin
  if p_kind not in ('customers', 'vehicles') then
    raise exception 'there is no kind %', p_kind using errcode = '22023';
  end if;
  execute format(
    'update public.%I p set looked_up_at = now()
      where p.shop_id = $1 and p.is_placeholder and p.looked_up_at is null
        and p.tm_id in (select t.value::bigint from jsonb_array_elements_text($2) t)', p_kind)
    using p_shop_id, p_tm_ids;
  get diagnostics v_marked = row_count;
  return jsonb_build_object('marked', v_marked);
end
$$;

comment on function public.mark_parties_looked_up(uuid, text, jsonb) is
  'Notes for placeholders (kind customers or vehicles) that TM was asked for them by id in vain. Returns {marked}.';

revoke execute on function public.mark_parties_looked_up(uuid, text, jsonb) from public, anon, authenticated;
grant execute on function public.mark_parties_looked_up(uuid, text, jsonb) to service_role;
