-- Outcome of each RO of a run, by TM id, a page at a time. p_outcome null means all.
create or replace function public.list_run_items(p_run_id uuid, p_outcome text, p_after bigint, p_limit integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'ro', x.ro_tm_id, 'outcome', x.outcome, 'requested_at', x.requested_at, 'settled_at', x.settled_at,
           'reason', x.reason) order by x.ro_tm_id), '[]')
    from (
      select i.*
        from public.sync_run_items i
       where i.run_id = p_run_id
         and (p_outcome is null or i.outcome = p_outcome)
         and (p_after is null or i.ro_tm_id > p_after)
       order by i.ro_tm_id
       limit p_limit
    ) x
$$;

comment on function public.list_run_items(uuid, text, bigint, integer) is
  'A page of [{ro, outcome, requested_at, settled_at, reason}] of a run, in the order of the ROs.';

revoke execute on function public.list_run_items(uuid, text, bigint, integer) from public, anon, authenticated;
grant execute on function public.list_run_items(uuid, text, bigint, integer) to service_role;
