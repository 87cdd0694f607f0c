-- Which shops have a token of their own, how old it is and when it ends; never the token.
create or replace function public.list_shop_tokens()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', s.tm_id, 'updated_at', t.updated_at,
                                               'expires_at', t.expires_at) order by s.tm_id), '[]')
    from public.tm_tokens t
    join public.shops s on s.id = t.shop_id
$$;

comment on function public.list_shop_tokens() is
  'Tokens per shop as [{shop_tm_id, updated_at, expires_at}], without their values; service role only.';

revoke execute on function public.list_shop_tokens() from public, anon, authenticated;
grant execute on function public.list_shop_tokens() to service_role;
