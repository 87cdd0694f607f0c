-- People an RO names: those unknown become placeholders (is_placeholder), which upsert_employees fills later.
-- Names are kept up to date on placeholders only; the employee list is the better source for everybody else.
create or replace function public.ensure_employees(p_shop_id uuid, p_mentions jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_renamed bigint[];
begin
  insert into public.employees (shop_id, tm_id, first_name, last_name, is_placeholder)
  select p_shop_id, m.tm_id, max(m.first_name), max(m.last_name), true
    from jsonb_to_recordset(p_mentions) as m(tm_id bigint, first_name text, last_name text)
   where m.tm_id is not null
     and not exists (select from public.employees e where e.shop_id = p_shop_id and e.tm_id = m.tm_id)
   group by m.tm_id
   order by m.tm_id
  on conflict (shop_id, tm_id) do nothing;

  -- One locking read in TM id order first: an update over a join locks in no particular order.
  with named as (
    select m.tm_id, max(m.first_name) as first_name, max(m.last_name) as last_name
      from jsonb_to_recordset(p_mentions) as m(tm_id bigint, first_name text, last_name text)
     group by m.tm_id
  ), outdated as (
    select e.id, n.first_name, n.last_name
      from public.employees e
      join named n on n.tm_id = e.tm_id
     where e.shop_id = p_shop_id and e.is_placeholder
       and (coalesce(n.first_name, e.first_name), coalesce(n.last_name, e.last_name))
           is distinct from (e.first_name, e.last_name)
     order by e.tm_id
       for no key update of e
  ), renamed as (
    update public.employees e
       set first_name = coalesce(o.first_name, e.first_name),
           last_name = coalesce(o.last_name, e.last_name),
           updated_at = now()
      from outdated o
     where e.id = o.id
    returning e.tm_id
  )
  select array_agg(r.tm_id) into v_renamed from renamed r;
  if v_renamed is not null then
    perform public.mark_renamed_days(p_shop_id, v_renamed);
  end if;
end
$$;

comment on function public.ensure_employees(uuid, jsonb) is
  'Creates a placeholder for every mentioned person ({tm_id, first_name, last_name}) the shop does not know. Part of apply_repair_order.';

revoke execute on function public.ensure_employees(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.ensure_employees(uuid, jsonb) to service_role;
