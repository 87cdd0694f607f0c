-- Makes sure that whoever and whatever an RO names has a row: customer, vehicle, advisor, technicians.
-- Details the RO carries fill gaps and follow changes, but a null never erases what the daily lists brought.
-- Rows that already say the same are neither written nor locked, so ROs of one technician do not queue up.
-- Order of locks: customers, vehicle, employees, each by TM id.
create or replace function public.ensure_ro_parties(
  p_shop_id uuid,
  p_bundle jsonb,
  out customer_id uuid,
  out vehicle_id uuid,
  out advisor_id uuid
)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_ro jsonb := p_bundle -> 'repair_order';
  v_customer jsonb := coalesce(nullif(p_bundle -> 'customer', 'null'), '{}');
  v_vehicle jsonb := coalesce(nullif(p_bundle -> 'vehicle', 'null'), '{}');
  v_customer_tm_id bigint := coalesce(v_ro ->> 'customer_tm_id', v_customer ->> 'tm_id');
  v_vehicle_tm_id bigint := coalesce(v_ro ->> 'vehicle_tm_id', v_vehicle ->> 'tm_id');
  v_owner_tm_id bigint := v_vehicle ->> 'customer_tm_id';
  v_owner_id uuid;
  v_mentions jsonb;
begin
  -- The owner as TM says, else as stored, else the RO's customer: a car that was sold keeps the ROs of its former owner.
  if v_owner_tm_id is null and v_vehicle_tm_id is not null then
    select v.customer_tm_id into v_owner_tm_id
      from public.vehicles v
     where v.shop_id = p_shop_id and v.tm_id = v_vehicle_tm_id;
    v_owner_tm_id := coalesce(v_owner_tm_id, v_customer_tm_id);
  end if;
  -- Customers in TM id order, when the vehicle belongs to somebody else.
  if v_owner_tm_id < v_customer_tm_id and v_vehicle_tm_id is not null then
    v_owner_id := public.ensure_ro_customer(p_shop_id, v_owner_tm_id, '{}');
  end if;
  if v_customer_tm_id is not null then
    customer_id := public.ensure_ro_customer(p_shop_id, v_customer_tm_id, v_customer);
  end if;
  if v_vehicle_tm_id is not null then
    v_owner_id := case
      when v_owner_id is not null then v_owner_id
      when v_owner_tm_id = v_customer_tm_id then customer_id
      when v_owner_tm_id is not null then public.ensure_ro_customer(p_shop_id, v_owner_tm_id, '{}')
    end;
    vehicle_id := public.ensure_ro_vehicle(p_shop_id, v_vehicle_tm_id, v_vehicle, v_owner_tm_id, v_owner_id);
  end if;

  select jsonb_agg(distinct jsonb_build_object('tm_id', m.tm_id)) into v_mentions
    from (
      select (v_ro ->> 'service_advisor_tm_id')::bigint as tm_id
      union
      select (l.value ->> 'technician_tm_id')::bigint
        from jsonb_array_elements(p_bundle -> 'jobs') j, jsonb_array_elements(j.value -> 'labor') l
    ) m
   where m.tm_id is not null;
  perform public.ensure_employees(p_shop_id, coalesce(p_bundle -> 'employees', '[]') || coalesce(v_mentions, '[]'));

  if v_ro ->> 'service_advisor_tm_id' is not null then
    select e.id into advisor_id
      from public.employees e
     where e.shop_id = p_shop_id and e.tm_id = (v_ro ->> 'service_advisor_tm_id')::bigint;
  end if;
end
$$;

comment on function public.ensure_ro_parties(uuid, jsonb) is
  'Upserts what an RO names (customer, vehicle, advisor, technicians) and returns their ids. Part of apply_repair_order.';

revoke execute on function public.ensure_ro_parties(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.ensure_ro_parties(uuid, jsonb) to service_role;
