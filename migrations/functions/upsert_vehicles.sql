-- Writes a list of vehicles at once: new ones are created, changed ones updated, equal ones not touched; nobody is deleted.
-- A full row replaces what is stored, nulls included; a row with "lite": true fills and changes but never erases. A row
-- older by tm_updated_at than the stored one is left alone. Placeholders become ordinary rows. Locks in TM id order.
-- With a run, each row counts once for that run however often it is sent: what it created and updated is recorded there in
-- the same transaction, and unchanged counts only rows the run has not recorded.
drop function if exists public.upsert_vehicles(uuid, jsonb);
create or replace function public.upsert_vehicles(p_shop_id uuid, p_rows jsonb, p_run_id uuid default null)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_given bigint[];
  v_new integer;
  v_created bigint[];
  v_updated bigint[];
  v_all_created bigint[] := '{}';
  v_all_updated bigint[] := '{}';
begin
  if not exists (select from public.shops s where s.id = p_shop_id) then
    raise exception 'there is no shop %', p_shop_id using errcode = '22023';
  end if;
  -- An owner the shop does not know becomes a placeholder, so that the link is never missing.
  insert into public.customers (shop_id, tm_id, is_placeholder)
  select distinct p_shop_id, v.customer_tm_id, true
    from jsonb_to_recordset(p_rows) as v(customer_tm_id bigint)
   where v.customer_tm_id is not null
     and not exists (select from public.customers c where c.shop_id = p_shop_id and c.tm_id = v.customer_tm_id)
   order by v.customer_tm_id
  on conflict (shop_id, tm_id) do nothing;

  -- A row that somebody else inserts meanwhile (a placeholder of an RO) is invisible to the statement that meets it: once
  -- more, until each new row was written by us.
  loop
    with given as (
      -- One row per TM id: the full record rather than the lite one, then the last.
      select distinct on (n.tm_id) n.*
        from rows from (
               jsonb_to_recordset(p_rows) as (
                 tm_id bigint, customer_tm_id bigint, year integer, make text, make_id bigint, model text, model_id
                 bigint, sub_model text, sub_model_id bigint, engine text, engine_id bigint, vin text, license_plate
                 text, license_state text, unit_number text, color text, odometer numeric, notes text, tm_extra jsonb,
                 tm_updated_at timestamptz, lite boolean)
             ) with ordinality as n(
               tm_id, customer_tm_id, year, make, make_id, model, model_id, sub_model, sub_model_id, engine,
               engine_id, vin, license_plate, license_state, unit_number, color, odometer, notes, tm_extra,
               tm_updated_at, lite, position)
       order by n.tm_id, coalesce(n.lite, false), n.position desc
    ), outdated as (
      select o.* from public.vehicles o
       where o.shop_id = p_shop_id and o.tm_id in (select i.tm_id from given i)
       order by o.tm_id
         for no key update
    ), merged as (
      select i.tm_id, o.id,
             coalesce(i.customer_tm_id, case when i.lite then o.customer_tm_id end) as customer_tm_id,
             coalesce(i.year, case when i.lite then o.year end) as year,
             coalesce(i.make, case when i.lite then o.make end) as make,
             coalesce(i.make_id, case when i.lite then o.make_id end) as make_id,
             coalesce(i.model, case when i.lite then o.model end) as model,
             coalesce(i.model_id, case when i.lite then o.model_id end) as model_id,
             coalesce(i.sub_model, case when i.lite then o.sub_model end) as sub_model,
             coalesce(i.sub_model_id, case when i.lite then o.sub_model_id end) as sub_model_id,
             coalesce(i.engine, case when i.lite then o.engine end) as engine,
             coalesce(i.engine_id, case when i.lite then o.engine_id end) as engine_id,
             coalesce(i.vin, case when i.lite then o.vin end) as vin,
             coalesce(i.license_plate, case when i.lite then o.license_plate end) as license_plate,
             coalesce(i.license_state, case when i.lite then o.license_state end) as license_state,
             coalesce(i.unit_number, case when i.lite then o.unit_number end) as unit_number,
             coalesce(i.color, case when i.lite then o.color end) as color,
             coalesce(i.odometer, case when i.lite then o.odometer end) as odometer,
             coalesce(i.notes, case when i.lite then o.notes end) as notes,
             coalesce(i.tm_extra, o.tm_extra, '{}') as tm_extra,
             coalesce(i.tm_updated_at, case when i.lite then o.tm_updated_at end) as tm_updated_at,
             (select c.id from public.customers c
               where c.shop_id = p_shop_id and c.tm_id = coalesce(i.customer_tm_id, case when i.lite then o.customer_tm_id end)) as customer_id,
             i.tm_updated_at is null or o.tm_updated_at is null or i.tm_updated_at >= o.tm_updated_at as is_current
        from given i
        left join outdated o on o.tm_id = i.tm_id
    ), created as (
      insert into public.vehicles as o (
        shop_id, tm_id, customer_tm_id, year, make, make_id, model, model_id, sub_model, sub_model_id, engine,
        engine_id, vin, license_plate, license_state, unit_number, color, odometer, notes, tm_extra, tm_updated_at,
        customer_id
      )
      select
        p_shop_id, m.tm_id, m.customer_tm_id, m.year, m.make, m.make_id, m.model, m.model_id, m.sub_model,
        m.sub_model_id, m.engine, m.engine_id, m.vin, m.license_plate, m.license_state, m.unit_number, m.color,
        m.odometer, m.notes, m.tm_extra, m.tm_updated_at, m.customer_id
        from merged m
       where m.id is null
       order by m.tm_id
      on conflict (shop_id, tm_id) do nothing
      returning o.tm_id
    ), updated as (
      update public.vehicles o
         set customer_tm_id = m.customer_tm_id, year = m.year, make = m.make, make_id = m.make_id,
             model = m.model, model_id = m.model_id, sub_model = m.sub_model, sub_model_id = m.sub_model_id,
             engine = m.engine, engine_id = m.engine_id, vin = m.vin, license_plate = m.license_plate,
             license_state = m.license_state, unit_number = m.unit_number, color = m.color, odometer = m.odometer,
             notes = m.notes, tm_extra = m.tm_extra, tm_updated_at = m.tm_updated_at, customer_id = m.customer_id,
             is_placeholder = false, looked_up_at = null, updated_at = now()
        from merged m
       where o.id = m.id and m.is_current
         and (
           (o.is_placeholder, o.customer_tm_id, o.year, o.make, o.make_id, o.model, o.model_id, o.sub_model,
            o.sub_model_id, o.engine, o.engine_id, o.vin, o.license_plate, o.license_state, o.unit_number, o.color,
            o.odometer, o.notes, o.tm_extra, o.tm_updated_at, o.customer_id)
           is distinct from (
            false, m.customer_tm_id, m.year, m.make, m.make_id, m.model, m.model_id, m.sub_model, m.sub_model_id,
            m.engine, m.engine_id, m.vin, m.license_plate, m.license_state, m.unit_number, m.color, m.odometer,
            m.notes, m.tm_extra, m.tm_updated_at, m.customer_id)
         )
      returning o.tm_id
    )
    select array(select g.tm_id from given g), (select count(*) from merged m where m.id is null),
           array(select c.tm_id from created c), array(select u.tm_id from updated u)
      into v_given, v_new, v_created, v_updated;
    v_all_created := v_all_created || v_created;
    v_all_updated := v_all_updated || v_updated;
    exit when v_new = cardinality(v_created);
  end loop;
  return public.count_listed_rows(p_run_id, p_shop_id, v_given, v_all_created, v_all_updated);
end
$$;

comment on function public.upsert_vehicles(uuid, jsonb, uuid) is
  'Set-based upsert of vehicles by TM id. "lite": true on a row keeps what the row does not say. Returns {created, updated, unchanged}.';

revoke execute on function public.upsert_vehicles(uuid, jsonb, uuid) from public, anon, authenticated;
grant execute on function public.upsert_vehicles(uuid, jsonb, uuid) to service_role;
