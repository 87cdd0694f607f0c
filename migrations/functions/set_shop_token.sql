-- Stores TM's token of a shop; it wins over the common one. The value goes in and never comes out of this function.
create or replace function public.set_shop_token(p_shop_id uuid, p_token text, p_expires_at timestamptz)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_replaced boolean;
begin
  if coalesce(btrim(p_token), '') = '' then
    raise exception 'a token is needed' using errcode = '22023';
  end if;
  if not exists (select from public.shops s where s.id = p_shop_id) then
    raise exception 'there is no shop %', p_shop_id using errcode = '22023';
  end if;
  select exists (select from public.tm_tokens t where t.shop_id = p_shop_id) into v_replaced;
  insert into public.tm_tokens (shop_id, token, expires_at)
  values (p_shop_id, p_token, p_expires_at)
  on conflict (shop_id) do update
    set token = excluded.token, expires_at = excluded.expires_at, updated_at = now();
  return jsonb_build_object('replaced', v_replaced, 'expires_at', p_expires_at);
end
$$;

comment on function public.set_shop_token(uuid, text, timestamptz) is
  'Stores the TM token of a shop. Returns {replaced, expires_at}; service role only, the token is never returned.';

revoke execute on function public.set_shop_token(uuid, text, timestamptz) from public, anon, authenticated;
grant execute on function public.set_shop_token(uuid, text, timestamptz) to service_role;
