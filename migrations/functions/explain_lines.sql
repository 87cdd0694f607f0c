-- Everything that ro_metrics reads of one RO, to be shown to a person: what the estimate says in total, jobs with their
-- lines in the order of the estimate, and what TM puts at RO level. cost_total of a part is its share of parts_cost.
create or replace function public.explain_lines(p_repair_order_id uuid)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with part as (
    select p.job_id, jsonb_agg(jsonb_build_object(
             'line_no', p.line_no, 'name', p.name, 'part_number', p.part_number, 'quantity', p.quantity,
             'cost', p.cost, 'retail', p.retail, 'total', p.total, 'cost_total', round(p.quantity * p.cost))
             order by p.line_no) as lines
      from public.job_parts p
     where p.repair_order_id = p_repair_order_id
     group by p.job_id
  ), labor as (
    select l.job_id, jsonb_agg(jsonb_build_object(
             'line_no', l.line_no, 'name', l.name, 'hours', l.hours, 'rate', l.rate, 'total', l.total,
             'technician_name', l.technician_name, 'technician_tm_id', l.technician_tm_id,
             'tech_hourly_cost', l.tech_hourly_cost, 'labor_cost', l.labor_cost, 'rate_source', l.rate_source)
             order by l.line_no) as lines
      from public.job_labor l
     where l.repair_order_id = p_repair_order_id
     group by l.job_id
  ), sublet as (
    select s.job_id, jsonb_agg(jsonb_build_object(
             'line_no', s.line_no, 'name', s.name, 'vendor_name', s.vendor_name, 'cost', s.cost, 'retail', s.retail,
             'authorized', s.authorized) order by s.line_no) as lines
      from public.job_sublets s
     where s.repair_order_id = p_repair_order_id
     group by s.job_id
  ), fee as (
    select f.job_id, jsonb_agg(jsonb_build_object(
             'line_no', f.line_no, 'name', f.name, 'fee_type', f.fee_type, 'total', f.total) order by f.line_no) as lines
      from public.job_fees f
     where f.repair_order_id = p_repair_order_id
     group by f.job_id
  ), job as (
    select jsonb_agg(jsonb_build_object(
             'tm_id', j.tm_id, 'name', j.name, 'authorized', j.authorized, 'archived', j.archived,
             'discount', j.discount, 'tax', j.tax,
             'parts', coalesce(part.lines, '[]'), 'labor', coalesce(labor.lines, '[]'),
             'sublets', coalesce(sublet.lines, '[]'), 'fees', coalesce(fee.lines, '[]'))
             order by j.sort_order, j.tm_id) as jobs
      from public.jobs j
      left join part on part.job_id = j.id
      left join labor on labor.job_id = j.id
      left join sublet on sublet.job_id = j.id
      left join fee on fee.job_id = j.id
     where j.repair_order_id = p_repair_order_id
  )
  select jsonb_build_object(
           'jobs', coalesce(job.jobs, '[]'),
           'sublets', coalesce((select s.lines from sublet s where s.job_id is null), '[]'),
           'fees', coalesce((select f.lines from fee f where f.job_id is null), '[]'),
           'tm_profit', case when o.authorized_revenue is not null then jsonb_build_object(
             'revenue', o.authorized_revenue, 'cost', o.authorized_cost, 'profit', o.authorized_profit,
             'gp_percent', o.tm_reported_gp_percent) end,
           'ro_fees_known', o.ro_fees_known,
           'fees_total', o.fees_total,
           'ro_discount', o.ro_discount,
           'discount_total', o.discount_total,
           'authorized_total', o.authorized_total,
           'potential_total', o.potential_total)
    from public.repair_orders o
   cross join job
   where o.id = p_repair_order_id
$$;

comment on function public.explain_lines(uuid) is
  'The lines of one RO for a person: {jobs: [{tm_id, name, authorized, archived, discount, tax, parts, labor, sublets, fees}], sublets, fees (RO level), tm_profit, and TM''s totals}. Cents. Part of explain_day.';

revoke execute on function public.explain_lines(uuid) from public, anon, authenticated;
grant execute on function public.explain_lines(uuid) to authenticated, service_role;
