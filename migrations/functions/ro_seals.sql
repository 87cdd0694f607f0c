-- Fingerprints of what is stored of ROs, one per table, over every amount, hour, quantity, decision and date that comes
-- from TM or was derived when the RO was written. The write path keeps them beside the RO; check_repair_orders computes
-- them again, so a row that was changed any other way is found, whatever it was. Left out is what others may change:
-- keys of ours, the status and the days derived from it (deletions, a new time zone), names, bookkeeping.
-- The seal begins with its version: after a change of this function seals of the old one say nothing and are passed over.
create or replace function public.ro_seals(p_repair_order_ids uuid[])
returns table (repair_order_id uuid, seal jsonb)
language sql
stable
security invoker
set search_path = ''
set timezone = 'UTC'
as $$
  with job as materialized (
    select j.* from public.jobs j where j.repair_order_id = any (p_repair_order_ids)
  ), line as (
    select j.repair_order_id, 'jobs' as place, j.tm_id as job, 0 as line_no,
           jsonb_build_array(
             j.authorized, j.authorized_date, j.declined, j.selected, j.archived, j.total, j.subtotal, j.discount,
             j.tax, j.parts_total, j.parts_cost, j.labor_total, j.labor_hours, j.sublet_total, j.sublet_cost,
             j.fee_total, j.gross_profit_amount, j.gross_profit_percent) as content
      from job j
    union all
    select l.repair_order_id, 'job_parts', j.tm_id, l.line_no,
           jsonb_build_array(l.tm_id, l.quantity, l.cost, l.retail, l.total, l.core_charge)
      from public.job_parts l
      join job j on j.id = l.job_id
     where l.repair_order_id = any (p_repair_order_ids)
    union all
    select l.repair_order_id, 'job_labor', j.tm_id, l.line_no,
           jsonb_build_array(
             l.tm_id, l.hours, l.rate, l.total, l.complete, l.technician_tm_id, l.tech_hourly_cost, l.labor_cost,
             l.rate_source)
      from public.job_labor l
      join job j on j.id = l.job_id
     where l.repair_order_id = any (p_repair_order_ids)
    union all
    select l.repair_order_id, 'job_sublets', j.tm_id, l.line_no,
           jsonb_build_array(l.tm_id, l.cost, l.retail, l.authorized)
      from public.job_sublets l
      left join job j on j.id = l.job_id
     where l.repair_order_id = any (p_repair_order_ids)
    union all
    select l.repair_order_id, 'job_fees', j.tm_id, l.line_no,
           jsonb_build_array(l.fee_type, l.amount, l.percentage, l.cap, l.taxable, l.total)
      from public.job_fees l
      left join job j on j.id = l.job_id
     where l.repair_order_id = any (p_repair_order_ids)
    union all
    select r.id, 'repair_orders', null, 0,
           jsonb_build_array(
             r.ro_number, r.customer_tm_id, r.vehicle_tm_id, r.service_advisor_tm_id, r.created_date, r.updated_date,
             r.promised_date, r.dropped_off_date, r.picked_up_date, r.posted_at, r.completed_at, r.potential_total,
             r.potential_subtotal, r.potential_tax, r.potential_discount, r.potential_job_count, r.potential_parts,
             r.potential_labor, r.potential_sublet, r.potential_fees, r.authorized_total, r.authorized_subtotal,
             r.authorized_tax, r.authorized_discount, r.authorized_job_count, r.authorized_parts)
           || jsonb_build_array(
             r.authorized_labor, r.authorized_sublet, r.authorized_fees, r.authorized_revenue, r.authorized_cost,
             r.authorized_profit, r.authorized_gp_percent, r.authorized_labor_hours, r.profit_labor_hours,
             r.tm_reported_gp_percent, r.calculation_method, r.fees_total, r.ro_fees_known, r.ro_discount,
             r.discount_total, r.shop_supplies_total, r.epa_total, r.amount_paid, r.balance_due)
      from public.repair_orders r
     where r.id = any (p_repair_order_ids)
  ), placed as (
    select l.repair_order_id, l.place,
           left(encode(sha256(convert_to(
             string_agg(concat_ws('|', coalesce(l.job, 0), l.line_no, l.content), ';' order by l.job, l.line_no, l.content),
             'UTF8')), 'hex'), 16) as fingerprint
      from line l
     group by l.repair_order_id, l.place
  )
  select p.repair_order_id, jsonb_build_object('version', 1) || jsonb_object_agg(p.place, p.fingerprint)
    from placed p
   group by p.repair_order_id
$$;

comment on function public.ro_seals(uuid[]) is
  'Per RO {version, table: fingerprint} of its stored amounts, hours and dates; a table without rows of the RO has no key.';

revoke execute on function public.ro_seals(uuid[]) from public, anon, authenticated;
grant execute on function public.ro_seals(uuid[]) to service_role;
