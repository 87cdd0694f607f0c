-- Parts, sublets and fees of one RO, replaced as a set after its jobs were written: one statement per table. The caller
-- skips it when none of them changed.
create or replace function public.replace_ro_lines(p_shop_id uuid, p_repair_order_id uuid, p_bundle jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_jobs jsonb := p_bundle -> 'jobs';
begin
  delete from public.job_parts l where l.repair_order_id = p_repair_order_id;
  delete from public.job_sublets l where l.repair_order_id = p_repair_order_id;
  delete from public.job_fees l where l.repair_order_id = p_repair_order_id;

  insert into public.job_parts (
    shop_id, repair_order_id, job_id, line_no, tm_id, name, brand, part_number, description, part_type, quantity,
    cost, retail, total, core_charge, vendor_tm_id, vendor_name
  )
  select p_shop_id, p_repair_order_id, b.id, n.line_no, n.tm_id, n.name, n.brand, n.part_number, n.description,
         n.part_type, n.quantity, n.cost, n.retail, n.total, n.core_charge, n.vendor_tm_id, n.vendor_name
    from jsonb_array_elements(v_jobs) j
    join public.jobs b on b.repair_order_id = p_repair_order_id and b.tm_id = (j.value ->> 'tm_id')::bigint
   cross join lateral jsonb_populate_recordset(null::public.job_parts, j.value -> 'parts') n;

  insert into public.job_sublets (
    shop_id, repair_order_id, job_id, line_no, tm_id, name, description, vendor_name, cost, retail, invoice_number,
    po_number, authorized
  )
  select p_shop_id, p_repair_order_id, l.job_id, n.line_no, n.tm_id, n.name, n.description, n.vendor_name, n.cost,
         n.retail, n.invoice_number, n.po_number, n.authorized
    from (
      select b.id as job_id, j.value -> 'sublets' as lines
        from jsonb_array_elements(v_jobs) j
        join public.jobs b on b.repair_order_id = p_repair_order_id and b.tm_id = (j.value ->> 'tm_id')::bigint
      union all
      select null, p_bundle -> 'sublets'
    ) l
   cross join lateral jsonb_populate_recordset(null::public.job_sublets, l.lines) n;

  insert into public.job_fees (
    shop_id, repair_order_id, job_id, line_no, name, fee_type, amount, percentage, cap, taxable, total
  )
  select p_shop_id, p_repair_order_id, l.job_id, n.line_no, n.name, n.fee_type, n.amount, n.percentage, n.cap,
         n.taxable, n.total
    from (
      select b.id as job_id, j.value -> 'fees' as lines
        from jsonb_array_elements(v_jobs) j
        join public.jobs b on b.repair_order_id = p_repair_order_id and b.tm_id = (j.value ->> 'tm_id')::bigint
      union all
      select null, coalesce(nullif(p_bundle -> 'fees', 'null'), '[]')
    ) l
   cross join lateral jsonb_populate_recordset(null::public.job_fees, l.lines) n;
end
$$;

comment on function public.replace_ro_lines(uuid, uuid, jsonb) is
  'Replaces parts, sublets and fees of an RO by those of a bundle. Part of apply_repair_order.';

revoke execute on function public.replace_ro_lines(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.replace_ro_lines(uuid, uuid, jsonb) to service_role;
