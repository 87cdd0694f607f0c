-- Labor lines of one RO, replaced as a set, with the hourly cost fixed now (metrics.md, "An RO"): the technician's own
-- rate (line, else employee), else the mean of the shop's active people who perform work, else the shop's default.
-- p_kept: the labor lines of an RO that was stored as closed. A line whose technician, hours and position or name
-- match one of them keeps its cost, so a pay change never restates a closed RO; the position is the better match.
create or replace function public.replace_ro_labor(
  p_shop_id uuid,
  p_repair_order_id uuid,
  p_jobs jsonb,
  p_kept jsonb
)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_mean integer;
  v_default integer;
begin
  select s.default_tech_hourly_cost,
         (select round(avg(e.hourly_rate))::integer
            from public.employees e
           where e.shop_id = p_shop_id and e.status = 'ACTIVE' and e.can_perform_work and e.hourly_rate is not null)
    into v_default, v_mean
    from public.shops s
   where s.id = p_shop_id;

  delete from public.job_labor l where l.repair_order_id = p_repair_order_id;

  insert into public.job_labor (
    shop_id, repair_order_id, job_id, line_no, tm_id, name, hours, rate, total, complete, technician_id,
    technician_tm_id, technician_name, tech_hourly_cost, labor_cost, rate_source
  )
  select p_shop_id, p_repair_order_id, p.job_id, p.line_no, p.tm_id, p.name, p.hours, p.rate, p.total, p.complete,
         p.technician_id, p.technician_tm_id, p.technician_name, p.cost, round(p.hours * p.cost)::integer, p.source
    from (
      select b.id as job_id, n.*, e.id as technician_id,
             coalesce(k.tech_hourly_cost, n.technician_hourly_rate, e.hourly_rate, v_mean, v_default) as cost,
             coalesce(
               k.rate_source,
               case when coalesce(n.technician_hourly_rate, e.hourly_rate) is not null then 'assigned'
                    when v_mean is not null then 'shop_avg'
                    else 'default' end) as source
        from jsonb_array_elements(p_jobs) j
        join public.jobs b on b.repair_order_id = p_repair_order_id and b.tm_id = (j.value ->> 'tm_id')::bigint
       cross join lateral jsonb_to_recordset(j.value -> 'labor') as n(
         line_no integer, tm_id bigint, name text, hours numeric, rate integer, total integer, complete boolean,
         technician_tm_id bigint, technician_name text, technician_hourly_rate integer)
        left join public.employees e on e.shop_id = p_shop_id and e.tm_id = n.technician_tm_id
        left join lateral (
          select o.tech_hourly_cost, o.rate_source
            from jsonb_to_recordset(p_kept) as o(
              job_tm_id bigint, line_no integer, technician_tm_id bigint, hours numeric, name text,
              tech_hourly_cost integer, rate_source text)
           where o.technician_tm_id is not distinct from n.technician_tm_id
             and o.hours = n.hours
             and ((o.job_tm_id = b.tm_id and o.line_no = n.line_no) or o.name = n.name)
           order by (o.job_tm_id = b.tm_id and o.line_no = n.line_no) desc, (o.job_tm_id = b.tm_id) desc, o.line_no
           limit 1
        ) k on true
    ) p;
end
$$;

comment on function public.replace_ro_labor(uuid, uuid, jsonb, jsonb) is
  'Replaces the labor lines of an RO and fixes their hourly cost. Part of apply_repair_order.';

revoke execute on function public.replace_ro_labor(uuid, uuid, jsonb, jsonb) from public, anon, authenticated;
grant execute on function public.replace_ro_labor(uuid, uuid, jsonb, jsonb) to service_role;
