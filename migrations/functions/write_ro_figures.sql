-- The figures of an RO's header, from the lines just written, and the dirty mark. ro_metrics is the one place of the
-- formulas; here its answer is only stored. Marks the RO when its metric hash changed and it qualifies for a snapshot
-- or still has one that would have to go. Returns whether it was marked.
create or replace function public.write_ro_figures(p_ro public.repair_orders, p_old_metric_hash text)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_hash text;
  v_marked boolean := false;
  v_lines record;
begin
  -- potential_* by kind: the same live jobs and RO-level lines that ro_metrics sums into potential_revenue.
  -- metric_text: everything of jobs and lines that a metric depends on.
  with job as materialized (
    select j.id, j.authorized, j.archived, j.discount, j.tax,
           j.authorized is true or j.archived is not true as is_live
      from public.jobs j
     where j.repair_order_id = p_ro.id
  ), line as (
    select 'job' as kind, j.id as job_id, 0 as line_no, 0 as total,
           jsonb_build_array(j.authorized, j.archived, j.discount, j.tax)::text as detail
      from job j
    union all
    select 'part', p.job_id, p.line_no, p.total, concat_ws('|', p.quantity, p.cost)
      from public.job_parts p
     where p.repair_order_id = p_ro.id
    union all
    select 'labor', l.job_id, l.line_no, l.total,
           jsonb_build_array(l.hours, l.labor_cost, l.rate_source, l.technician_id, l.technician_name)::text
      from public.job_labor l
     where l.repair_order_id = p_ro.id
    union all
    select 'sublet', s.job_id, s.line_no, s.retail, jsonb_build_array(s.cost, s.authorized)::text
      from public.job_sublets s
     where s.repair_order_id = p_ro.id
    union all
    select 'fee', f.job_id, f.line_no, f.total, '' from public.job_fees f where f.repair_order_id = p_ro.id
  )
  select coalesce(sum(l.total) filter (where l.kind = 'part' and j.is_live), 0) as parts,
         coalesce(sum(l.total) filter (where l.kind = 'labor' and j.is_live), 0) as labor,
         coalesce(sum(l.total) filter (where l.kind = 'sublet' and j.is_live is not false), 0) as sublets,
         coalesce(sum(l.total) filter (where l.kind = 'fee' and j.is_live is not false), 0) as fees,
         string_agg(concat_ws('|', l.kind, l.job_id, l.line_no, l.total, l.detail), ';'
                    order by l.kind, l.job_id, l.line_no) as metric_text
    into v_lines
    from line l
    left join job j on j.id = l.job_id;

  v_hash := encode(sha256(convert_to(
    jsonb_build_array(
      p_ro.ro_number, p_ro.status, p_ro.status_id, p_ro.posted_date, p_ro.completed_date, p_ro.deleted_at,
      p_ro.customer_name, p_ro.vehicle_description, p_ro.service_advisor_id, p_ro.service_advisor_name,
      p_ro.potential_total, p_ro.authorized_total, p_ro.authorized_revenue, p_ro.authorized_cost,
      p_ro.authorized_profit, p_ro.tm_reported_gp_percent, p_ro.calculation_method, p_ro.fees_total,
      p_ro.ro_fees_known, p_ro.ro_discount, p_ro.discount_total)::text || coalesce(v_lines.metric_text, ''),
    'UTF8')), 'hex');
  if v_hash is distinct from p_old_metric_hash then
    v_marked := (p_ro.status_id in (5, 6) and coalesce(p_ro.posted_date, p_ro.completed_date) is not null)
      or (p_ro.status_id = 3 and p_ro.completed_date is not null)
      or exists (
        select from public.ro_snapshots s where s.repair_order_id = p_ro.id and s.superseded_at is null);
  end if;

  update public.repair_orders r
     set authorized_subtotal = m.net_sales, authorized_tax = m.tax_total, authorized_discount = m.discount_total,
         authorized_job_count = m.authorized_job_count, authorized_parts = m.parts_revenue,
         authorized_labor = m.labor_revenue, authorized_sublet = m.sublet_revenue, authorized_fees = m.fees_total,
         authorized_labor_hours = m.labor_hours,
         authorized_gp_percent = case when r.authorized_revenue is not null then m.authorized_gp_percent end,
         potential_job_count = m.potential_job_count, potential_parts = v_lines.parts, potential_labor = v_lines.labor,
         potential_sublet = v_lines.sublets, potential_fees = v_lines.fees,
         metric_hash = v_hash,
         snapshot_stale = r.snapshot_stale or v_marked,
         stale_since = case when r.snapshot_stale or v_marked then coalesce(r.stale_since, now()) end
    from public.ro_metrics(p_ro.id) m
   where r.id = p_ro.id;
  return v_marked;
end
$$;

comment on function public.write_ro_figures(public.repair_orders, text) is
  'Stores the figures of an RO header and marks it for its snapshot when a metric may have moved. Part of apply_repair_order.';

revoke execute on function public.write_ro_figures(public.repair_orders, text) from public, anon, authenticated;
grant execute on function public.write_ro_figures(public.repair_orders, text) to service_role;
