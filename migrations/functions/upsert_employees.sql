-- Writes a list of employees at once: new ones are created, changed ones updated, equal ones not touched; nobody is deleted.
-- A full row replaces what is stored, nulls included; a row with "lite": true fills and changes but never erases. A row
-- older by tm_updated_at than the stored one is left alone. Placeholders become ordinary rows. Locks in TM id order.
-- With a run, each row counts once for that run however often it is sent: what it created and updated is recorded there in
-- the same transaction, and unchanged counts only rows the run has not recorded.
drop function if exists public.upsert_employees(uuid, jsonb);
create or replace function public.upsert_employees(p_shop_id uuid, p_rows jsonb, p_run_id uuid default null)
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
                 tm_id bigint, first_name text, last_name text, email text, role integer, role_name text, status text,
                 hourly_rate integer, salary integer, pay_type text, can_perform_work boolean, tm_extra jsonb,
                 tm_created_at timestamptz, tm_updated_at timestamptz, lite boolean)
             ) with ordinality as n(
               tm_id, first_name, last_name, email, role, role_name, status, hourly_rate, salary, pay_type,
               can_perform_work, tm_extra, tm_created_at, tm_updated_at, lite, position)
       order by n.tm_id, coalesce(n.lite, false), n.position desc
    ), outdated as (
      select o.* from public.employees o
       where o.shop_id = p_shop_id and o.tm_id in (select i.tm_id from given i)
       order by o.tm_id
         for no key update
    ), merged as (
      select i.tm_id, o.id,
             coalesce(i.first_name, case when i.lite then o.first_name end) as first_name,
             coalesce(i.last_name, case when i.lite then o.last_name end) as last_name,
             coalesce(i.email, case when i.lite then o.email end) as email,
             coalesce(i.role, case when i.lite then o.role end) as role,
             coalesce(i.role_name, case when i.lite then o.role_name end) as role_name,
             coalesce(i.status, o.status, 'ACTIVE') as status,
             coalesce(i.hourly_rate, case when i.lite then o.hourly_rate end) as hourly_rate,
             coalesce(i.salary, case when i.lite then o.salary end) as salary,
             coalesce(i.pay_type, case when i.lite then o.pay_type end) as pay_type,
             coalesce(i.can_perform_work, case when i.lite then o.can_perform_work end) as can_perform_work,
             coalesce(i.tm_extra, o.tm_extra, '{}') as tm_extra,
             coalesce(i.tm_created_at, case when i.lite then o.tm_created_at end) as tm_created_at,
             coalesce(i.tm_updated_at, case when i.lite then o.tm_updated_at end) as tm_updated_at,
             i.tm_updated_at is null or o.tm_updated_at is null or i.tm_updated_at >= o.tm_updated_at as is_current
        from given i
        left join outdated o on o.tm_id = i.tm_id
    ), created as (
      insert into public.employees as o (
        shop_id, tm_id, first_name, last_name, email, role, role_name, status, hourly_rate, salary, pay_type,
        can_perform_work, tm_extra, tm_created_at, tm_updated_at
      )
      select
        p_shop_id, m.tm_id, m.first_name, m.last_name, m.email, m.role, m.role_name, m.status, m.hourly_rate,
        m.salary, m.pay_type, m.can_perform_work, m.tm_extra, m.tm_created_at, m.tm_updated_at
        from merged m
       where m.id is null
       order by m.tm_id
      on conflict (shop_id, tm_id) do nothing
      returning o.tm_id
    ), updated as (
      update public.employees o
         set first_name = m.first_name, last_name = m.last_name, email = m.email, role = m.role,
             role_name = m.role_name, status = m.status, hourly_rate = m.hourly_rate, salary = m.salary,
             pay_type = m.pay_type, can_perform_work = m.can_perform_work, tm_extra = m.tm_extra,
             tm_created_at = m.tm_created_at, tm_updated_at = m.tm_updated_at,
             is_placeholder = false, updated_at = now()
        from merged m
       where o.id = m.id and m.is_current
         and (
           (o.is_placeholder, o.first_name, o.last_name, o.email, o.role, o.role_name, o.status, o.hourly_rate,
            o.salary, o.pay_type, o.can_perform_work, o.tm_extra, o.tm_created_at, o.tm_updated_at)
           is distinct from (
            false, m.first_name, m.last_name, m.email, m.role, m.role_name, m.status, m.hourly_rate, m.salary,
            m.pay_type, m.can_perform_work, m.tm_extra, m.tm_created_at, m.tm_updated_at)
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
  perform public.mark_renamed_days(p_shop_id, v_all_updated);
  return public.count_listed_rows(p_run_id, p_shop_id, v_given, v_all_created, v_all_updated);
end
$$;

comment on function public.upsert_employees(uuid, jsonb, uuid) is
  'Set-based upsert of employees by TM id. "lite": true on a row keeps what the row does not say. Returns {created, updated, unchanged}.';

revoke execute on function public.upsert_employees(uuid, jsonb, uuid) from public, anon, authenticated;
grant execute on function public.upsert_employees(uuid, jsonb, uuid) to service_role;
