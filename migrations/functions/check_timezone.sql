-- The time zone of a shop decides every shop-local day, so it must be a name of the IANA database. Postgres takes more, and
-- silently: an abbreviation ("PST") never sees daylight saving, an offset ("+05:00") counts the other way round.
create or replace function public.check_timezone(p_timezone text)
returns void
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  perform now() at time zone p_timezone;
  -- Area and place is no other form of a zone. The whole list is read for the few names without: UTC, EST5EDT.
  if p_timezone !~ '^[A-Za-z]+(/[A-Za-z_-]+)+$'
     and not exists (select from pg_catalog.pg_timezone_names z where lower(z.name) = lower(p_timezone)) then
    raise exception 'time zone "%" is not the name of an IANA zone', p_timezone
      using errcode = '22023', hint = 'name an area and a place, for example America/Chicago';
  end if;
end
$$;

comment on function public.check_timezone(text) is
  'Raises 22023 unless the text is NULL or the name of an IANA time zone. Part of ensure_shop and set_shop.';

revoke execute on function public.check_timezone(text) from public, anon, authenticated;
grant execute on function public.check_timezone(text) to service_role;
