-- The range of a report and the one beside it: checks the days, finds the shop (no row when the caller may not read
-- it), and says what "the period before" is. The comparison an owner expects keeps weekdays with weekdays and months
-- with months, and else is the same number of days directly before:
--   whole calendar months (1st to last)            as many whole months directly before
--   month to date (p_preset, or more than a week    the same days of the month before; a day it does not have becomes its
--   from a 1st within one month)                    last (March 1-30: February 1-28)
--   up to seven days                                the same weekdays one week earlier
--   anything else                                   the same number of days directly before
-- "rows 1": by default the planner of every report would expect a thousand shops and read whole tables.
-- p_preset settles what the days alone leave open: June 1-3 is a week to date or a month to date.
create or replace function public.report_range(
  p_shop_id uuid,
  p_from date,
  p_to date,
  p_preset text default null
)
returns table (shop_id uuid, from_date date, to_date date, previous_from date, previous_to date)
language plpgsql
stable
rows 1
security invoker
set search_path = ''
as $$
declare
  v_whole_months boolean;
  v_month_to_date boolean;
  v_months integer;
begin
  if p_from is null or not isfinite(p_from) then
    raise exception 'p_from must be a calendar day' using errcode = '22023';
  end if;
  if p_to is null or not isfinite(p_to) then
    raise exception 'p_to must be a calendar day' using errcode = '22023';
  end if;
  if p_to < p_from then
    raise exception 'p_to % is before p_from %', p_to, p_from
      using errcode = '22023', hint = 'give the earlier day as p_from';
  end if;
  perform public.check_preset(p_preset);

  v_whole_months := extract(day from p_from) = 1 and extract(day from p_to + 1) = 1;
  v_month_to_date := extract(day from p_from) = 1
    and p_to < p_from + interval '1 month'
    and (p_preset = 'month_to_date' or p_preset is null and p_to - p_from >= 7);
  v_months := 12 * (extract(year from p_to) - extract(year from p_from))
    + extract(month from p_to) - extract(month from p_from) + 1;

  return query
  select s.id, p_from, p_to,
         case when v_whole_months then (p_from - make_interval(months => v_months))::date
              when v_month_to_date then (p_from - interval '1 month')::date
              when p_to - p_from < 7 then p_from - 7
              else p_from - (p_to - p_from + 1) end,
         case when v_whole_months then p_from - 1
              when v_month_to_date then (p_to - interval '1 month')::date
              when p_to - p_from < 7 then p_to - 7
              else p_from - 1 end
    from public.shops s
   where s.id = p_shop_id;
end
$$;

comment on function public.report_range(uuid, date, date, text) is
  'The range of a report with the period before it: {shop_id, from_date, to_date, previous_from, previous_to}; no row for a shop the caller may not read. Errors (22023) name the parameter. Part of the report functions.';

revoke execute on function public.report_range(uuid, date, date, text) from public, anon, authenticated;
grant execute on function public.report_range(uuid, date, date, text) to authenticated, service_role;
