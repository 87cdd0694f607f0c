-- The figures of one RO (metrics.md, "An RO"), computed in one statement from its row and its lines.
-- Nothing else in the product derives them: snapshots, days and validation queries all read this function.
-- Relies on: lines indexed by repair_order_id; job_labor.labor_cost fixed when the line was fetched. Reads only.
create or replace function public.ro_metrics(p_repair_order_id uuid)
returns table (
  authorized_revenue bigint,
  authorized_cost bigint,
  authorized_profit bigint,
  authorized_gp_percent numeric,
  tm_reported_gp_percent numeric,
  authorized_job_count integer,
  authorized_total bigint,
  parts_revenue bigint,
  parts_cost bigint,
  labor_revenue bigint,
  labor_hours numeric,
  labor_cost bigint,
  estimated_labor_cost bigint,
  sublet_revenue bigint,
  sublet_cost bigint,
  fees_total bigint,
  discount_total bigint,
  tax_total bigint,
  net_sales bigint,
  net_profit bigint,
  potential_revenue bigint,
  potential_job_count integer,
  declined_revenue bigint,
  pending_revenue bigint,
  potential_total bigint,
  unassigned_labor_hours numeric,
  unassigned_labor_revenue bigint,
  calculation_method text,
  variance_percent numeric,
  variance_reason text,
  technician_labor jsonb
)
language sql
stable
security invoker
set search_path = ''
as $$
  with part as (
    select l.job_id, sum(l.total) as revenue, sum(round(l.quantity * l.cost)) as cost
      from public.job_parts l
     where l.repair_order_id = p_repair_order_id
     group by l.job_id
  ), labor as (
    select l.job_id,
           sum(l.total) as revenue,
           sum(l.hours) as hours,
           sum(l.labor_cost) as cost,
           sum(l.labor_cost) filter (where l.rate_source is distinct from 'assigned') as estimated_cost,
           bool_or(l.rate_source is distinct from 'assigned') as has_estimate
      from public.job_labor l
     where l.repair_order_id = p_repair_order_id
     group by l.job_id
  ), sublet as (
    select l.job_id, sum(l.retail) as revenue, sum(l.cost) as cost
      from public.job_sublets l
     where l.repair_order_id = p_repair_order_id and l.job_id is not null
     group by l.job_id
  ), fee as (
    select l.job_id, sum(l.total) as total
      from public.job_fees l
     where l.repair_order_id = p_repair_order_id
     group by l.job_id
  ), work as (
    -- one row per job, and one per RO-level sublet, which counts by its own flag as a job does
    select true as is_job,
           j.authorized,
           j.authorized is true or j.archived is not true as is_live,
           coalesce(part.revenue, 0) as parts,
           coalesce(part.cost, 0) as parts_cost,
           coalesce(labor.revenue, 0) as labor,
           coalesce(labor.hours, 0) as hours,
           coalesce(labor.cost, 0) as labor_cost,
           coalesce(labor.estimated_cost, 0) as estimated_cost,
           coalesce(labor.has_estimate, false) as has_estimate,
           coalesce(sublet.revenue, 0) as sublets,
           coalesce(sublet.cost, 0) as sublets_cost,
           coalesce(fee.total, 0) as fees,
           coalesce(j.discount, 0) as discount,
           j.tax
      from public.jobs j
      left join part on part.job_id = j.id
      left join labor on labor.job_id = j.id
      left join sublet on sublet.job_id = j.id
      left join fee on fee.job_id = j.id
     where j.repair_order_id = p_repair_order_id
    union all
    select false, s.authorized, true, 0, 0, 0, 0, 0, 0, false, coalesce(s.retail, 0), coalesce(s.cost, 0), 0, 0, null
      from public.job_sublets s
     where s.repair_order_id = p_repair_order_id and s.job_id is null
  ), line as (
    select count(*) filter (where w.authorized) as authorized_work,
           count(*) filter (where w.authorized and w.is_job) as authorized_jobs,
           count(*) filter (where w.is_live and w.is_job) as live_jobs,
           coalesce(sum(w.parts) filter (where w.authorized), 0) as parts,
           coalesce(sum(w.parts_cost) filter (where w.authorized), 0) as parts_cost,
           coalesce(sum(w.labor) filter (where w.authorized), 0) as labor,
           coalesce(sum(w.hours) filter (where w.authorized), 0) as hours,
           coalesce(sum(w.labor_cost) filter (where w.authorized), 0) as labor_cost,
           coalesce(sum(w.estimated_cost) filter (where w.authorized), 0) as estimated_cost,
           coalesce(bool_or(w.has_estimate) filter (where w.authorized), false) as has_estimate,
           coalesce(sum(w.sublets) filter (where w.authorized), 0) as sublets,
           coalesce(sum(w.sublets_cost) filter (where w.authorized), 0) as sublets_cost,
           coalesce(sum(w.fees) filter (where w.authorized), 0) as fees,
           coalesce(sum(w.fees), 0) as fees_of_all_jobs,
           coalesce(sum(w.discount) filter (where w.authorized), 0) as discount,
           coalesce(sum(w.discount), 0) as discount_of_all_jobs,
           coalesce(sum(w.tax) filter (where w.authorized and w.is_job), 0) as tax,
           coalesce(bool_and(w.tax is not null) filter (where w.authorized and w.is_job), true) as is_taxed,
           coalesce(sum(w.parts + w.labor + w.sublets) filter (where w.is_live), 0) as potential,
           coalesce(sum(w.parts + w.labor + w.sublets) filter (where w.is_live and w.authorized = false), 0) as declined,
           coalesce(sum(w.parts + w.labor + w.sublets) filter (where w.is_live and w.authorized is null), 0) as pending
      from work w
  ), charged as (
    -- RO-level fees and discount: as listed, else what TM's total leaves after the jobs' own
    select line.*,
           ro.authorized_total,
           ro.potential_total,
           ro.tm_reported_gp_percent,
           line.parts + line.labor + line.sublets as revenue,
           line.parts_cost + line.labor_cost + line.sublets_cost as cost,
           line.fees + case
             when line.authorized_jobs = 0 then 0
             when ro.ro_fees_known then coalesce((select fee.total from fee where fee.job_id is null), 0)
             else greatest(coalesce(ro.fees_total, 0) - line.fees_of_all_jobs, 0)
           end as fees_charged,
           line.discount
             + coalesce(ro.ro_discount, ro.discount_total - line.discount_of_all_jobs, 0) as discount_given,
           ro.calculation_method is distinct from 'LINE_ITEMS'
             and ro.authorized_revenue is not null
             and ro.authorized_cost is not null
             and ro.authorized_profit is not null as is_reported,
           ro.calculation_method is not distinct from 'LINE_ITEMS' or line.authorized_work > 0 as is_needed,
           ro.authorized_revenue as reported_revenue,
           ro.authorized_cost as reported_cost,
           ro.authorized_profit as reported_profit
      from line
      join public.repair_orders ro on ro.id = p_repair_order_id
  ), result as (
    select c.*,
           case when c.is_reported then c.reported_revenue else c.revenue end as final_revenue,
           case when c.is_reported then c.reported_cost else c.cost end as final_cost,
           case when c.is_reported then c.reported_profit else c.revenue - c.cost end as final_profit,
           case when not c.is_reported and c.is_needed then 'LINE_ITEMS' else 'TRUE_GP' end as method,
           c.revenue + c.fees_charged - c.discount_given as sales,
           round(100 * (c.revenue - c.cost)::numeric / nullif(c.revenue, 0), 2) - c.tm_reported_gp_percent as variance
      from charged c
  ), technician as (
    select l.technician_id,
           sum(l.hours) as hours,
           sum(l.total) as revenue,
           sum(l.labor_cost) as cost,
           coalesce(sum(l.labor_cost) filter (where l.rate_source is distinct from 'assigned'), 0) as estimated_cost,
           count(distinct l.job_id) as jobs,
           count(*) filter (where l.rate_source = 'assigned') as assigned,
           count(*) filter (where l.rate_source = 'shop_avg') as shop_avg,
           count(*) filter (where l.rate_source = 'default') as defaulted
      from public.job_labor l
      join public.jobs j on j.id = l.job_id
     where l.repair_order_id = p_repair_order_id and j.authorized
     group by l.technician_id
  ), team as (
    select coalesce(sum(t.hours) filter (where t.technician_id is null), 0) as unassigned_hours,
           coalesce(sum(t.revenue) filter (where t.technician_id is null), 0) as unassigned_revenue,
           coalesce(
             jsonb_agg(
               jsonb_build_object(
                 'technician_id', t.technician_id, 'hours', t.hours, 'revenue', t.revenue, 'cost', t.cost,
                 'estimated_cost', t.estimated_cost, 'jobs', t.jobs, 'assigned', t.assigned, 'shop_avg', t.shop_avg,
                 'default', t.defaulted
               ) order by t.technician_id
             ),
             '[]'
           ) as labor
      from technician t
  )
  select r.final_revenue::bigint,
         r.final_cost::bigint,
         r.final_profit::bigint,
         round(100 * r.final_profit::numeric / nullif(r.final_revenue, 0), 2),
         r.tm_reported_gp_percent,
         r.authorized_jobs::integer,
         r.authorized_total::bigint,
         r.parts::bigint,
         r.parts_cost::bigint,
         r.labor::bigint,
         r.hours,
         r.labor_cost::bigint,
         r.estimated_cost::bigint,
         r.sublets::bigint,
         r.sublets_cost::bigint,
         r.fees_charged::bigint,
         r.discount_given::bigint,
         (case when r.is_taxed then r.tax else coalesce(r.authorized_total - r.sales, 0) end)::bigint,
         r.sales::bigint,
         (r.sales - r.cost)::bigint,
         r.potential::bigint,
         r.live_jobs::integer,
         r.declined::bigint,
         r.pending::bigint,
         r.potential_total::bigint,
         team.unassigned_hours,
         team.unassigned_revenue::bigint,
         r.method,
         r.variance,
         case
           when r.method = 'LINE_ITEMS' then 'tm_profit_missing'
           when r.final_revenue <= 0 and r.final_profit < 0 then 'negative_profit_possible_warranty'
           when abs(r.variance) > 0.5 and r.revenue <> r.final_revenue then 'retail_mismatch'
           when abs(r.variance) > 0.5 and r.has_estimate then 'estimated_labor_rate'
           when abs(r.variance) > 0.5 then 'cost_mismatch'
         end,
         team.labor
    from result r
   cross join team
$$;

comment on function public.ro_metrics(uuid) is
  'The figures of one RO as metrics.md defines them: money in cents, hours decimal, ratios NULL on a zero denominator. technician_labor lists authorized labor by technician (technician_id null = unassigned). No row for an unknown id.';

revoke execute on function public.ro_metrics(uuid) from public, anon, authenticated;
grant execute on function public.ro_metrics(uuid) to authenticated, service_role;
