-- Whether a part runs for a shop, by shops.features: on unless it is named and false. src/core/features.ts reads it alike.
create or replace function public.shop_part_is_on(p_features jsonb, p_part text)
returns boolean
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(p_features -> p_part <> 'false'::jsonb, true)
$$;

comment on function public.shop_part_is_on(jsonb, text) is
  'True unless features names the part as false.';

revoke execute on function public.shop_part_is_on(jsonb, text) from public, anon, authenticated;
grant execute on function public.shop_part_is_on(jsonb, text) to service_role;
