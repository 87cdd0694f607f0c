-- The figures of an RO's header, from the lines just written, and the dirty mark. ro_metrics is the one place of the
-- formulas; here its answer is only stored. Marks the RO when its metric hash changed and it qualifies for a snapshot
-- or still has one that would have to go. Returns whether it was marked.
create or replace function public.write_ro_figures(
  p_ro public.repair_orders,
  p_old_metric_hash text,
  p_metric_text text
)
returns boolean
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_hash text;
  v_marked boolean := false;
  v_live record;
begin
  v_hash := encode(sha256(convert_to(concat_ws(' ### ',
    to_jsonb(array[
      p_ro.ro_number::text, p_ro.status, p_ro.status_id::text, p_ro.posted_date::text, p_ro.completed_date::text,
      p_ro.deleted_at::text, p_ro.customer_name, p_ro.vehicle_description, p_ro.service_advisor_id::text,
      p_ro.service_advisor_name, p_ro.potential_total::text, p_ro.authorized_total::text,
      p_ro.authorized_revenue::text, p_ro.authorized_cost::text, p_ro.authorized_profit::text,
      p_ro.tm_reported_gp_percent::text, p_ro.calculation_method, p_ro.fees_total::text, p_ro.ro_fees_known::text,
      p_ro.ro_discount::text, p_ro.discount_total::text]),
    p_metric_text), 'UTF8')), 'hex');

  if v_hash is distinct from p_old_metric_hash then
    v_marked := (p_ro.status_id in (5, 6) and coalesce(p_ro.posted_date, p_ro.completed_date) is not null)
      or (p_ro.status_id = 3 and p_ro.completed_date is not null)
      or exists (
        select from public.ro_snapshots s where s.repair_order_id = p_ro.id and s.superseded_at is null);
  end if;

  -- potential_* by kind: the same live jobs and RO-level lines that ro_metrics sums into potential_revenue.
  select coalesce(sum(l.total) filter (where l.kind = 'part'), 0) as parts,
         coalesce(sum(l.total) filter (where l.kind = 'labor'), 0) as labor,
         coalesce(sum(l.total) filter (where l.kind = 'sublet'), 0) as sublets,
         coalesce(sum(l.total) filter (where l.kind = 'fee'), 0) as fees
    into v_live
    from (
      select 'part' as kind, p.job_id, p.total from public.job_parts p where p.repair_order_id = p_ro.id
      union all
      select 'labor', w.job_id, w.total from public.job_labor w where w.repair_order_id = p_ro.id
      union all
      select 'sublet', s.job_id, s.retail from public.job_sublets s where s.repair_order_id = p_ro.id
      union all
      select 'fee', f.job_id, f.total from public.job_fees f where f.repair_order_id = p_ro.id
    ) l
    left join public.jobs j on j.id = l.job_id
   where l.job_id is null or j.authorized is true or j.archived is not true;

  update public.repair_orders r
     set authorized_subtotal = m.net_sales, authorized_tax = m.tax_total, authorized_discount = m.discount_total,
         authorized_job_count = m.authorized_job_count, authorized_parts = m.parts_revenue,
         authorized_labor = m.labor_revenue, authorized_sublet = m.sublet_revenue, authorized_fees = m.fees_total,
         authorized_labor_hours = m.labor_hours,
         authorized_gp_percent = case when r.authorized_revenue is not null then m.authorized_gp_percent end,
         potential_job_count = m.potential_job_count, potential_parts = v_live.parts, potential_labor = v_live.labor,
         potential_sublet = v_live.sublets, potential_fees = v_live.fees,
         metric_hash = v_hash,
         snapshot_stale = r.snapshot_stale or v_marked,
         stale_since = case when r.snapshot_stale or v_marked then coalesce(r.stale_since, now()) end
    from public.ro_metrics(p_ro.id) m
   where r.id = p_ro.id;
  return v_marked;
end
$$;

comment on function public.write_ro_figures(public.repair_orders, text, text) is
  'Stores the figures of an RO header and marks it for its snapshot when a metric may have moved. Part of apply_repair_order.';

revoke execute on function public.write_ro_figures(public.repair_orders, text, text) from public, anon, authenticated;
grant execute on function public.write_ro_figures(public.repair_orders, text, text) to service_role;
