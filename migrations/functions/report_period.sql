-- A preset as days of the shop's own calendar: its local date decides what today is, so the presets change at the
-- shop's midnight, also on the days of 23 and 25 hours. p_at: another moment than now, for a look back and for tests.
create or replace function public.report_period(p_shop_id uuid, p_preset text, p_at timestamptz default null)
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
begin
  perform public.check_preset(coalesce(p_preset, 'NULL'));
  if p_preset = 'custom' then
    raise exception 'p_preset custom has no days of its own'
      using errcode = '22023', hint = 'ask report_summary for the range directly';
  end if;
  return (
    select jsonb_build_object(
             'preset', p_preset,
             'from', case p_preset
               when 'today' then d.today
               when 'week_to_date' then d.today - (extract(isodow from d.today)::integer - 1)
               when 'last_7_days' then d.today - 6
               when 'month_to_date' then d.today - (extract(day from d.today)::integer - 1)
               when 'last_30_days' then d.today - 29
             end,
             'to', d.today,
             'today', d.today,
             'timezone', d.timezone)
      from (
        select s.timezone, (coalesce(p_at, now()) at time zone s.timezone)::date as today
          from public.shops s
         where s.id = p_shop_id
      ) d
  );
end
$$;

comment on function public.report_period(uuid, text, timestamptz) is
  'A preset (today, week_to_date, last_7_days, month_to_date, last_30_days) as shop-local days: {preset, from, to, today, timezone}, both included; weeks begin on Monday. NULL for a shop the caller may not read.';

revoke execute on function public.report_period(uuid, text, timestamptz) from public, anon, authenticated;
grant execute on function public.report_period(uuid, text, timestamptz) to authenticated, service_role;
