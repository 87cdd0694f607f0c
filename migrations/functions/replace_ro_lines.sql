-- Parts, sublets and fees of one RO, replaced as a set after its jobs were written: one statement per table.
-- Returns how many lines there are and a text of everything of them that metrics depend on.
create or replace function public.replace_ro_lines(
  p_shop_id uuid,
  p_repair_order_id uuid,
  p_bundle jsonb,
  out parts integer,
  out sublets integer,
  out fees integer,
  out metric_text text
)
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_jobs jsonb := p_bundle -> 'jobs';
  v_part_text text;
  v_sublet_text text;
  v_fee_text text;
begin
  delete from public.job_parts l where l.repair_order_id = p_repair_order_id;
  delete from public.job_sublets l where l.repair_order_id = p_repair_order_id;
  delete from public.job_fees l where l.repair_order_id = p_repair_order_id;

  with written as (
    insert into public.job_parts (
      shop_id, repair_order_id, job_id, line_no, tm_id, name, brand, part_number, description, part_type, quantity,
      cost, retail, total, core_charge, vendor_tm_id, vendor_name
    )
    select p_shop_id, p_repair_order_id, b.id, n.line_no, n.tm_id, n.name, n.brand, n.part_number, n.description,
           n.part_type, n.quantity, n.cost, n.retail, n.total, n.core_charge, n.vendor_tm_id, n.vendor_name
      from jsonb_array_elements(v_jobs) j
      join public.jobs b on b.shop_id = p_shop_id and b.tm_id = (j.value ->> 'tm_id')::bigint
     cross join lateral jsonb_populate_recordset(null::public.job_parts, j.value -> 'parts') n
    returning job_id, line_no, quantity, cost, total
  )
  select count(*)::integer,
         string_agg(concat_ws('|', w.job_id, w.line_no, w.quantity, w.cost, w.total), ';' order by w.job_id, w.line_no)
    into parts, v_part_text
    from written w;

  with incoming as (
    select b.id as job_id, n.*
      from jsonb_array_elements(v_jobs) j
      join public.jobs b on b.shop_id = p_shop_id and b.tm_id = (j.value ->> 'tm_id')::bigint
     cross join lateral jsonb_to_recordset(j.value -> 'sublets') as n(
       line_no integer, tm_id bigint, name text, description text, vendor_name text, cost integer, retail integer,
       invoice_number text, po_number text, authorized boolean)
    union all
    select null, n.*
      from jsonb_to_recordset(p_bundle -> 'sublets') as n(
       line_no integer, tm_id bigint, name text, description text, vendor_name text, cost integer, retail integer,
       invoice_number text, po_number text, authorized boolean)
  ), written as (
    insert into public.job_sublets (
      shop_id, repair_order_id, job_id, line_no, tm_id, name, description, vendor_name, cost, retail, invoice_number,
      po_number, authorized
    )
    select p_shop_id, p_repair_order_id, n.job_id, n.line_no, n.tm_id, n.name, n.description, n.vendor_name, n.cost,
           n.retail, n.invoice_number, n.po_number, n.authorized
      from incoming n
    returning job_id, line_no, cost, retail, authorized
  )
  select count(*)::integer,
         string_agg(concat_ws('|', coalesce(w.job_id::text, '-'), w.line_no, w.cost, w.retail,
                              coalesce(w.authorized::text, '-')), ';' order by w.job_id, w.line_no)
    into sublets, v_sublet_text
    from written w;

  with incoming as (
    select b.id as job_id, n.*
      from jsonb_array_elements(v_jobs) j
      join public.jobs b on b.shop_id = p_shop_id and b.tm_id = (j.value ->> 'tm_id')::bigint
     cross join lateral jsonb_to_recordset(j.value -> 'fees') as n(
       line_no integer, name text, fee_type text, amount integer, percentage numeric, cap integer, taxable boolean,
       total integer)
    union all
    select null, n.*
      from jsonb_to_recordset(coalesce(nullif(p_bundle -> 'fees', 'null'), '[]')) as n(
       line_no integer, name text, fee_type text, amount integer, percentage numeric, cap integer, taxable boolean,
       total integer)
  ), written as (
    insert into public.job_fees (
      shop_id, repair_order_id, job_id, line_no, name, fee_type, amount, percentage, cap, taxable, total
    )
    select p_shop_id, p_repair_order_id, n.job_id, n.line_no, n.name, n.fee_type, n.amount, n.percentage, n.cap,
           n.taxable, n.total
      from incoming n
    returning job_id, line_no, total
  )
  select count(*)::integer,
         string_agg(concat_ws('|', coalesce(w.job_id::text, '-'), w.line_no, w.total), ';' order by w.job_id, w.line_no)
    into fees, v_fee_text
    from written w;

  metric_text := concat_ws(' # ', coalesce(v_part_text, ''), coalesce(v_sublet_text, ''), coalesce(v_fee_text, ''));
end
$$;

comment on function public.replace_ro_lines(uuid, uuid, jsonb) is
  'Replaces parts, sublets and fees of an RO by those of a bundle. Returns counts and a text of everything metrics depend on. Part of apply_repair_order.';

revoke execute on function public.replace_ro_lines(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.replace_ro_lines(uuid, uuid, jsonb) to service_role;
