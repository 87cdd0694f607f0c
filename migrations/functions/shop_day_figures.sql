-- The metrics of a shop's stored day as one object: every column of daily_shop_metrics but keys and bookkeeping.
create or replace function public.shop_day_figures(p_shop_id uuid, p_date date)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select to_jsonb(m) - array['id', 'shop_id', 'metric_date', 'created_at', 'updated_at']
    from public.daily_shop_metrics m
   where m.shop_id = p_shop_id and m.metric_date = p_date
$$;

comment on function public.shop_day_figures(uuid, date) is
  'The metrics of a shop''s stored day by name; NULL when the day has no row.';

revoke execute on function public.shop_day_figures(uuid, date) from public, anon, authenticated;
grant execute on function public.shop_day_figures(uuid, date) to authenticated, service_role;
