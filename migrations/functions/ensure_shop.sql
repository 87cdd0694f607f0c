-- The shop with this TM number, created when unknown; an existing shop is not changed.
create or replace function public.ensure_shop(p_tm_id bigint, p_name text, p_timezone text default null)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_shop_id uuid;
begin
  perform public.check_timezone(p_timezone);
  select s.id into v_shop_id from public.shops s where s.tm_id = p_tm_id;
  if found then
    return jsonb_build_object('shop_id', v_shop_id, 'created', false);
  end if;
  insert into public.shops (tm_id, name, timezone)
  values (p_tm_id, p_name, coalesce(p_timezone, 'America/New_York'))
  on conflict (tm_id) do nothing
  returning id into v_shop_id;
  if found then
    return jsonb_build_object('shop_id', v_shop_id, 'created', true);
  end if;
  select s.id into v_shop_id from public.shops s where s.tm_id = p_tm_id;
  return jsonb_build_object('shop_id', v_shop_id, 'created', false);
end
$$;

comment on function public.ensure_shop(bigint, text, text) is
  'Returns {shop_id, created}. Without a time zone a new shop is in America/New_York, which should then be set.';

revoke execute on function public.ensure_shop(bigint, text, text) from public, anon, authenticated;
grant execute on function public.ensure_shop(bigint, text, text) to service_role;
