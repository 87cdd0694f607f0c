-- Counts the rows of a list that were just written. With a run: what was created and updated becomes items of the run, in the
-- same transaction, so that a list that is read again after a failure counts each row once, by its first outcome.
create or replace function public.count_listed_rows(
  p_run_id uuid,
  p_shop_id uuid,
  p_given bigint[],
  p_created bigint[],
  p_updated bigint[]
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_recorded integer := cardinality(p_created) + cardinality(p_updated);
begin
  if p_run_id is not null then
    insert into public.sync_run_items (run_id, shop_id, ro_tm_id, outcome, settled_at)
    select p_run_id, p_shop_id, x.tm_id, x.outcome, now()
      from (
        select c as tm_id, 'created' as outcome from unnest(p_created) c
        union all
        select u, 'updated' from unnest(p_updated) u where u <> all (p_created)
      ) x
     order by x.tm_id
    on conflict (run_id, ro_tm_id) do nothing;
    select count(*) into v_recorded
      from public.sync_run_items i
     where i.run_id = p_run_id and i.ro_tm_id = any (p_given);
  end if;
  return jsonb_build_object('created', cardinality(p_created), 'updated', cardinality(p_updated),
                            'unchanged', cardinality(p_given) - v_recorded);
end
$$;

comment on function public.count_listed_rows(uuid, uuid, bigint[], bigint[], bigint[]) is
  'Answer of upsert_employees, upsert_customers and upsert_vehicles: {created, updated, unchanged}; with a run, also its items.';

revoke execute on function public.count_listed_rows(uuid, uuid, bigint[], bigint[], bigint[]) from public, anon, authenticated;
grant execute on function public.count_listed_rows(uuid, uuid, bigint[], bigint[], bigint[]) to service_role;
