-- Opens a run for each wanted RO ([{shop_id, ro}]) with its one item pending and its listing closed, all in one
-- transaction: the outbox of targeted resyncs. Many callers asking at once cost one call.
create or replace function public.open_resync_runs(p_wishes jsonb, p_trigger text)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with wanted as materialized (
    select gen_random_uuid() as run_id, w.shop_id, w.ro, w.position
      from jsonb_to_recordset(p_wishes) as w(shop_id uuid, ro bigint, position integer)
  ), runs as (
    insert into public.sync_log (id, shop_id, kind, trigger, params, status, listing, listed_at)
    select w.run_id, w.shop_id, 'repair-orders', p_trigger, jsonb_build_object('ro', w.ro), 'syncing',
           '{"pages": 0, "seen": 1, "asked": 1, "truncated": false}', now()
      from wanted w
  ), items as (
    insert into public.sync_run_items (run_id, shop_id, ro_tm_id)
    select w.run_id, w.shop_id, w.ro
      from wanted w
  )
  select coalesce(jsonb_agg(w.run_id order by w.position), '[]') from wanted w
$$;

comment on function public.open_resync_runs(jsonb, text) is
  'Opens a run of one pending RO for each of [{shop_id, ro, position}]. Returns the run ids in the order of position.';

revoke execute on function public.open_resync_runs(jsonb, text) from public, anon, authenticated;
grant execute on function public.open_resync_runs(jsonb, text) to service_role;
