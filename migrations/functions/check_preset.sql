-- The names of periods that reports know; any other name is an error, so that a typing mistake is not another period.
create or replace function public.check_preset(p_preset text)
returns void
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  if p_preset not in ('today', 'week_to_date', 'last_7_days', 'month_to_date', 'last_30_days', 'custom') then
    raise exception 'p_preset "%" is not a period', p_preset
      using errcode = '22023', hint = 'today, week_to_date, last_7_days, month_to_date, last_30_days or custom';
  end if;
end
$$;

comment on function public.check_preset(text) is
  'Raises 22023 unless the name is a period of report_period, custom or NULL. Part of the report functions.';

revoke execute on function public.check_preset(text) from public, anon, authenticated;
grant execute on function public.check_preset(text) to authenticated, service_role;
