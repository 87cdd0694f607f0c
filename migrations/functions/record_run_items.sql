-- Puts ROs on a run before they are enqueued: the rows are the outbox, a sweep finds what was never enqueued.
-- (run, RO) is unique: recording again changes nothing.
create or replace function public.record_run_items(p_run_id uuid, p_shop_id uuid, p_items jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with incoming as (
    select distinct on (i.ro) i.ro, i.outcome
      from jsonb_to_recordset(p_items) as i(ro bigint, outcome text)
     order by i.ro, i.outcome
  ), written as (
    insert into public.sync_run_items (run_id, shop_id, ro_tm_id, outcome, settled_at)
    select p_run_id, p_shop_id, i.ro, i.outcome, case when i.outcome <> 'pending' then now() end
      from incoming i
     order by i.ro
    on conflict (run_id, ro_tm_id) do nothing
    returning outcome
  )
  select jsonb_build_object('pending', count(*) filter (where w.outcome = 'pending'),
                            'skipped', count(*) filter (where w.outcome = 'skipped'))
    from written w
$$;

comment on function public.record_run_items(uuid, uuid, jsonb) is
  'Adds [{ro, outcome: pending|skipped}] to a run. Returns how many of each were new.';

revoke execute on function public.record_run_items(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.record_run_items(uuid, uuid, jsonb) to service_role;
