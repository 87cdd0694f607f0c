-- May this RO be deleted now? Called with the RO's lock held, before its row changes; remembers the answer.
--   delete      yes
--   hold        no: too many at once (G11), or a person brought this RO back before; a person decides
--   hold-first  the same, and it is the first question open for the shop: one alert
-- Too many: more than max(5, 2 %) of the shop's recent ROs (touched within 45 days of its newest) that are gone without
-- a word (404) or that counted in a metric, in one run or within an hour. ROs missing after a first pass count too, so
-- that nothing at all is deleted when TM suddenly knows no RO any more. Estimates that TM itself marks as deleted
-- are everyday life and count for nothing.
create or replace function public.decide_deletion(
  p_repair_order_id uuid,
  p_run_id uuid,
  p_cause text,
  p_observed_at timestamptz
)
returns text
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_ro public.repair_orders;
  v_counted boolean;
  v_state text;
  v_going integer;
  v_recent integer;
  v_hold boolean := false;
  v_first boolean;
begin
  select r.* into v_ro from public.repair_orders r where r.id = p_repair_order_id;
  -- One decision at a time per shop, so that none overlooks another.
  perform pg_advisory_xact_lock(hashtextextended('deletions:' || v_ro.shop_id, 0));
  select d.state into v_state
    from public.repair_order_deletions d
   where d.shop_id = v_ro.shop_id and d.ro_tm_id = v_ro.tm_id;
  v_counted := p_cause = 'absent' or v_ro.posted_date is not null or v_ro.completed_date is not null;

  if v_state = 'undone' or v_state = 'held' then
    v_hold := true;
  elsif v_state is distinct from 'confirmed' and v_counted then
    select count(*) into v_going
      from (
        select r.tm_id
          from public.repair_orders r
         where r.shop_id = v_ro.shop_id and r.missing_since is not null and r.status_id <> 7
        union
        select d.ro_tm_id
          from public.repair_order_deletions d
         where d.shop_id = v_ro.shop_id and d.counted
           and (d.state = 'held'
             or d.state = 'deleted' and (d.run_id = p_run_id or d.decided_at > now() - interval '1 hour'))
        union
        select v_ro.tm_id
      ) going;
    if v_going > 5 then
      select count(*) into v_recent
        from public.repair_orders r
       where r.shop_id = v_ro.shop_id
         and r.updated_date >= (select max(n.updated_date) from public.repair_orders n where n.shop_id = v_ro.shop_id)
                               - interval '45 days';
      v_hold := v_going > v_recent * 0.02;
    end if;
  end if;

  v_first := v_hold and not exists (
    select from public.repair_order_deletions d where d.shop_id = v_ro.shop_id and d.state = 'held');
  insert into public.repair_order_deletions as d (
    shop_id, ro_tm_id, run_id, cause, state, counted, observed_at, previous
  )
  values (
    v_ro.shop_id, v_ro.tm_id, p_run_id, p_cause, case when v_hold then 'held' else 'deleted' end, v_counted,
    p_observed_at,
    jsonb_build_object('status', v_ro.status, 'status_id', v_ro.status_id, 'posted_at', v_ro.posted_at,
                       'completed_at', v_ro.completed_at, 'posted_date', v_ro.posted_date,
                       'completed_date', v_ro.completed_date))
  on conflict (shop_id, ro_tm_id) do update
     set run_id = coalesce(excluded.run_id, d.run_id), cause = excluded.cause, state = excluded.state,
         counted = excluded.counted, observed_at = excluded.observed_at, previous = excluded.previous,
         decided_at = case when d.state = excluded.state then d.decided_at else now() end;
  if v_hold and v_state is distinct from 'held' then
    update public.sync_log l set deletions_held = l.deletions_held + 1 where l.id = p_run_id;
  end if;
  return case when v_first then 'hold-first' when v_hold then 'hold' else 'delete' end;
end
$$;

comment on function public.decide_deletion(uuid, uuid, text, timestamptz) is
  'The brake of G11: delete, hold or hold-first. Part of the functions that delete.';

revoke execute on function public.decide_deletion(uuid, uuid, text, timestamptz) from public, anon, authenticated;
grant execute on function public.decide_deletion(uuid, uuid, text, timestamptz) to service_role;
