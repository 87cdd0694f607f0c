-- Writes a list of customers at once: new ones are created, changed ones updated, equal ones not touched; nobody is deleted.
-- A full row replaces what is stored, nulls included; a row with "lite": true fills and changes but never erases. A row
-- older by tm_updated_at than the stored one is left alone. Placeholders become ordinary rows. Locks in TM id order.
-- With a run, each row counts once for that run however often it is sent: what it created and updated is recorded there in
-- the same transaction, and unchanged counts only rows the run has not recorded.
drop function if exists public.upsert_customers(uuid, jsonb);
create or replace function public.upsert_customers(p_shop_id uuid, p_rows jsonb, p_run_id uuid default null)
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

  -- A row that somebody else inserts meanwhile (a placeholder of an RO) is invisible to the statement that meets it: once
  -- more, until each new row was written by us.
  loop
    with given as (
      -- One row per TM id: the full record rather than the lite one, then the last.
      select distinct on (n.tm_id) n.*
        from rows from (
               jsonb_to_recordset(p_rows) as (
                 tm_id bigint, first_name text, last_name text, company_name text, email text[], phone_primary text,
                 phone_primary_type text, phone_secondary text, phone_secondary_type text, address1 text, address2
                 text, city text, state text, zip text, country text, customer_type_id integer, customer_type text,
                 tax_exempt boolean, ok_for_marketing boolean, notes text, tm_extra jsonb, tm_updated_at timestamptz,
                 lite boolean)
             ) with ordinality as n(
               tm_id, first_name, last_name, company_name, email, phone_primary, phone_primary_type,
               phone_secondary, phone_secondary_type, address1, address2, city, state, zip, country,
               customer_type_id, customer_type, tax_exempt, ok_for_marketing, notes, tm_extra, tm_updated_at,
               lite, position)
       order by n.tm_id, coalesce(n.lite, false), n.position desc
    ), outdated as (
      select o.* from public.customers o
       where o.shop_id = p_shop_id and o.tm_id in (select i.tm_id from given i)
       order by o.tm_id
         for no key update
    ), merged as (
      select i.tm_id, o.id,
             coalesce(i.first_name, case when i.lite then o.first_name end) as first_name,
             coalesce(i.last_name, case when i.lite then o.last_name end) as last_name,
             coalesce(i.company_name, case when i.lite then o.company_name end) as company_name,
             coalesce(i.email, case when i.lite then o.email end) as email,
             coalesce(i.phone_primary, case when i.lite then o.phone_primary end) as phone_primary,
             coalesce(i.phone_primary_type, case when i.lite then o.phone_primary_type end) as phone_primary_type,
             coalesce(i.phone_secondary, case when i.lite then o.phone_secondary end) as phone_secondary,
             coalesce(i.phone_secondary_type, case when i.lite then o.phone_secondary_type end) as phone_secondary_type,
             coalesce(i.address1, case when i.lite then o.address1 end) as address1,
             coalesce(i.address2, case when i.lite then o.address2 end) as address2,
             coalesce(i.city, case when i.lite then o.city end) as city,
             coalesce(i.state, case when i.lite then o.state end) as state,
             coalesce(i.zip, case when i.lite then o.zip end) as zip,
             coalesce(i.country, case when i.lite then o.country end) as country,
             coalesce(i.customer_type_id, case when i.lite then o.customer_type_id end) as customer_type_id,
             coalesce(i.customer_type, case when i.lite then o.customer_type end) as customer_type,
             coalesce(i.tax_exempt, case when i.lite then o.tax_exempt end) as tax_exempt,
             coalesce(i.ok_for_marketing, case when i.lite then o.ok_for_marketing end) as ok_for_marketing,
             coalesce(i.notes, case when i.lite then o.notes end) as notes,
             coalesce(i.tm_extra, o.tm_extra, '{}') as tm_extra,
             coalesce(i.tm_updated_at, case when i.lite then o.tm_updated_at end) as tm_updated_at,
             i.tm_updated_at is null or o.tm_updated_at is null or i.tm_updated_at >= o.tm_updated_at as is_current
        from given i
        left join outdated o on o.tm_id = i.tm_id
    ), created as (
      insert into public.customers as o (
        shop_id, tm_id, first_name, last_name, company_name, email, phone_primary, phone_primary_type,
        phone_secondary, phone_secondary_type, address1, address2, city, state, zip, country, customer_type_id,
        customer_type, tax_exempt, ok_for_marketing, notes, tm_extra, tm_updated_at
      )
      select
        p_shop_id, m.tm_id, m.first_name, m.last_name, m.company_name, m.email, m.phone_primary, m.phone_primary_type,
        m.phone_secondary, m.phone_secondary_type, m.address1, m.address2, m.city, m.state, m.zip, m.country,
        m.customer_type_id, m.customer_type, m.tax_exempt, m.ok_for_marketing, m.notes, m.tm_extra, m.tm_updated_at
        from merged m
       where m.id is null
       order by m.tm_id
      on conflict (shop_id, tm_id) do nothing
      returning o.tm_id
    ), updated as (
      update public.customers o
         set first_name = m.first_name, last_name = m.last_name, company_name = m.company_name, email = m.email,
             phone_primary = m.phone_primary, phone_primary_type = m.phone_primary_type,
             phone_secondary = m.phone_secondary, phone_secondary_type = m.phone_secondary_type,
             address1 = m.address1, address2 = m.address2, city = m.city, state = m.state, zip = m.zip,
             country = m.country, customer_type_id = m.customer_type_id, customer_type = m.customer_type,
             tax_exempt = m.tax_exempt, ok_for_marketing = m.ok_for_marketing, notes = m.notes,
             tm_extra = m.tm_extra, tm_updated_at = m.tm_updated_at,
             is_placeholder = false, looked_up_at = null, updated_at = now()
        from merged m
       where o.id = m.id and m.is_current
         and (
           (o.is_placeholder, o.first_name, o.last_name, o.company_name, o.email, o.phone_primary,
            o.phone_primary_type, o.phone_secondary, o.phone_secondary_type, o.address1, o.address2, o.city, o.state,
            o.zip, o.country, o.customer_type_id, o.customer_type, o.tax_exempt, o.ok_for_marketing, o.notes,
            o.tm_extra, o.tm_updated_at)
           is distinct from (
            false, m.first_name, m.last_name, m.company_name, m.email, m.phone_primary, m.phone_primary_type,
            m.phone_secondary, m.phone_secondary_type, m.address1, m.address2, m.city, m.state, m.zip, m.country,
            m.customer_type_id, m.customer_type, m.tax_exempt, m.ok_for_marketing, m.notes, m.tm_extra,
            m.tm_updated_at)
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

comment on function public.upsert_customers(uuid, jsonb, uuid) is
  'Set-based upsert of customers by TM id. "lite": true on a row keeps what the row does not say. Returns {created, updated, unchanged}.';

revoke execute on function public.upsert_customers(uuid, jsonb, uuid) from public, anon, authenticated;
grant execute on function public.upsert_customers(uuid, jsonb, uuid) to service_role;
