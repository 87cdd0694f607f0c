-- The backfills that are not finished, oldest first: for the sweep, which asks again for those nobody works on.
create or replace function public.open_backfills()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', s.tm_id, 'backfill_id', b.id) order by b.started_at, b.id), '[]')
    from public.backfills b
    join public.shops s on s.id = b.shop_id
   where b.status = 'open'
$$;

comment on function public.open_backfills() is
  'Backfills that are not finished: [{shop_tm_id, backfill_id}], oldest first.';

revoke execute on function public.open_backfills() from public, anon, authenticated;
grant execute on function public.open_backfills() to service_role;
