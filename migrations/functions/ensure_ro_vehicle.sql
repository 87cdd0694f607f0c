-- The vehicle an RO names: created as a placeholder when unknown, otherwise brought up to date with what the RO
-- carries. A null never erases; an equal row is not touched.
create or replace function public.ensure_ro_vehicle(
  p_shop_id uuid,
  p_tm_id bigint,
  p_fields jsonb,
  p_customer_tm_id bigint,
  p_customer_id uuid
)
returns uuid
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_old public.vehicles;
  v_new public.vehicles;
begin
  select v.* into v_old from public.vehicles v where v.shop_id = p_shop_id and v.tm_id = p_tm_id;
  if not found then
    insert into public.vehicles as v (
      shop_id, tm_id, customer_id, customer_tm_id, year, make, make_id, model, model_id, sub_model, sub_model_id,
      is_placeholder
    )
    select p_shop_id, p_tm_id, p_customer_id, p_customer_tm_id, f.year, f.make, f.make_id, f.model, f.model_id,
           f.sub_model, f.sub_model_id, true
      from jsonb_populate_record(null::public.vehicles, p_fields) f
    on conflict (shop_id, tm_id) do nothing
    returning v.* into v_old;
    if not found then
      select v.* into v_old from public.vehicles v where v.shop_id = p_shop_id and v.tm_id = p_tm_id;
    end if;
  end if;

  -- Keys that are null in the bundle keep the stored value.
  v_new := jsonb_populate_record(
    v_old, jsonb_strip_nulls(p_fields) - array['id', 'shop_id', 'tm_id', 'customer_tm_id', 'created_at', 'updated_at']);
  v_new.customer_tm_id := coalesce(p_customer_tm_id, v_old.customer_tm_id);
  v_new.customer_id := coalesce(p_customer_id, v_old.customer_id);
  if v_new is distinct from v_old then
    update public.vehicles v
       set customer_id = v_new.customer_id, customer_tm_id = v_new.customer_tm_id, year = v_new.year,
           make = v_new.make, make_id = v_new.make_id, model = v_new.model, model_id = v_new.model_id,
           sub_model = v_new.sub_model, sub_model_id = v_new.sub_model_id, updated_at = now()
     where v.id = v_old.id;
  end if;
  return v_old.id;
end
$$;

comment on function public.ensure_ro_vehicle(uuid, bigint, jsonb, bigint, uuid) is
  'Id of the vehicle with this TM id, created as a placeholder when unknown. Part of apply_repair_order.';

revoke execute on function public.ensure_ro_vehicle(uuid, bigint, jsonb, bigint, uuid) from public, anon, authenticated;
grant execute on function public.ensure_ro_vehicle(uuid, bigint, jsonb, bigint, uuid) to service_role;
