-- The customer an RO names: created as a placeholder when unknown, otherwise brought up to date with the names the RO
-- carries. A null never erases; an equal row is not touched.
create or replace function public.ensure_ro_customer(p_shop_id uuid, p_tm_id bigint, p_fields jsonb)
returns uuid
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_row public.customers;
begin
  select c.* into v_row from public.customers c where c.shop_id = p_shop_id and c.tm_id = p_tm_id;
  if not found then
    insert into public.customers as c (shop_id, tm_id, first_name, last_name, company_name, is_placeholder)
    values (p_shop_id, p_tm_id, p_fields ->> 'first_name', p_fields ->> 'last_name', p_fields ->> 'company_name', true)
    on conflict (shop_id, tm_id) do nothing
    returning c.* into v_row;
    if not found then
      select c.* into v_row from public.customers c where c.shop_id = p_shop_id and c.tm_id = p_tm_id;
    end if;
  end if;

  if (coalesce(p_fields ->> 'first_name', v_row.first_name), coalesce(p_fields ->> 'last_name', v_row.last_name),
      coalesce(p_fields ->> 'company_name', v_row.company_name))
     is distinct from (v_row.first_name, v_row.last_name, v_row.company_name) then
    update public.customers c
       set first_name = coalesce(p_fields ->> 'first_name', c.first_name),
           last_name = coalesce(p_fields ->> 'last_name', c.last_name),
           company_name = coalesce(p_fields ->> 'company_name', c.company_name),
           updated_at = now()
     where c.id = v_row.id;
  end if;
  return v_row.id;
end
$$;

comment on function public.ensure_ro_customer(uuid, bigint, jsonb) is
  'Id of the customer with this TM id, created as a placeholder when unknown. Part of apply_repair_order.';

revoke execute on function public.ensure_ro_customer(uuid, bigint, jsonb) from public, anon, authenticated;
grant execute on function public.ensure_ro_customer(uuid, bigint, jsonb) to service_role;
