-- The shop's days from p_from to p_to (both included) as one JSON array, oldest first, for the CLI and the API: one
-- value, so PostgREST's cap of 1,000 rows cannot cut it. A day without ROs has no element.
create or replace function public.daily_metrics(p_shop_id uuid, p_from date, p_to date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(m) - array['id', 'shop_id', 'created_at'] order by m.metric_date), '[]')
    from public.daily_shop_metrics m
   where m.shop_id = p_shop_id and m.metric_date between p_from and p_to
$$;

comment on function public.daily_metrics(uuid, date, date) is
  'The rows of daily_shop_metrics of a shop and an inclusive range of shop-local days as a JSON array, oldest first. Money in cents.';

revoke execute on function public.daily_metrics(uuid, date, date) from public, anon, authenticated;
grant execute on function public.daily_metrics(uuid, date, date) to authenticated, service_role;
