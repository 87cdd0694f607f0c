-- The page a caller asks for: a size the answer can carry, and a place that is one of ours (the "next" of the page
-- before), so that a mistyped place is an error and not the first page again.
create or replace function public.check_page(p_limit integer, p_after jsonb, p_keys text[])
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if p_limit is null or p_limit not between 1 and 500 then
    raise exception 'p_limit must be between 1 and 500' using errcode = '22023';
  end if;
  if p_after is not null and (jsonb_typeof(p_after) <> 'object' or not jsonb_strip_nulls(p_after) ?& p_keys) then
    raise exception 'p_after must be the "next" of the page before, with %', array_to_string(p_keys, ' and ')
      using errcode = '22023', hint = 'leave it out for the first page';
  end if;
end
$$;

comment on function public.check_page(integer, jsonb, text[]) is
  'Raises 22023, naming the parameter, unless p_limit is 1 to 500 and p_after is absent or has the keys. Part of the report functions.';

revoke execute on function public.check_page(integer, jsonb, text[]) from public, anon, authenticated;
grant execute on function public.check_page(integer, jsonb, text[]) to authenticated, service_role;
