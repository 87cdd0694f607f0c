-- Runs, newest first, a page at a time. p_shops null means all; p_before is the last row of the page before.
create or replace function public.list_runs(
  p_shops uuid[],
  p_kind text,
  p_status text,
  p_before_at timestamptz,
  p_before_id uuid,
  p_limit integer
)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(public.run_progress(x.id) - array['failures', 'refused'] order by x.started_at desc, x.id desc), '[]')
    from (
      select l.id, l.started_at
        from public.sync_log l
       where (p_shops is null or l.shop_id = any (p_shops))
         and (p_kind is null or l.kind = p_kind)
         and (p_status is null or l.status = p_status)
         and (p_before_at is null or (l.started_at, l.id) < (p_before_at, p_before_id))
       order by l.started_at desc, l.id desc
       limit p_limit
    ) x
$$;

comment on function public.list_runs(uuid[], text, text, timestamptz, uuid, integer) is
  'A page of runs as run_progress gives them, without failures, newest first.';

revoke execute on function public.list_runs(uuid[], text, text, timestamptz, uuid, integer) from public, anon, authenticated;
grant execute on function public.list_runs(uuid[], text, text, timestamptz, uuid, integer) to service_role;
