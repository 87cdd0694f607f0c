-- A person agrees to the deletions that are held (of one run, or all of a shop). Each is carried out by one more
-- authoritative look at TM: an RO that is there after all stays.
create or replace function public.confirm_deletions(p_shop_id uuid, p_run_id uuid)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with agreed as (
    update public.repair_order_deletions d
       set state = 'confirmed', decided_at = now()
     where d.shop_id = p_shop_id and d.state = 'held' and (p_run_id is null or d.run_id = p_run_id)
    returning d.ro_tm_id
  )
  select coalesce(jsonb_agg(a.ro_tm_id order by a.ro_tm_id), '[]') from agreed a
$$;

comment on function public.confirm_deletions(uuid, uuid) is
  'Confirms held deletions. Returns the TM ids of the ROs to look at again.';

revoke execute on function public.confirm_deletions(uuid, uuid) from public, anon, authenticated;
grant execute on function public.confirm_deletions(uuid, uuid) to service_role;
