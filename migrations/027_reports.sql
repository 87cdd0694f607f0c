-- Reports: the estimated part of labor cost reaches the technician's and the advisor's day, and the lists of the reports
-- have indexes of their own.
-- Relies on 005, 008, 011, 013, 018 and 019. Two columns with a constant default (no rewrite); then the rows that have
-- an estimate are filled from what is stored: one statement each, proportional to counted snapshots. The indexes read
-- ro_snapshots once.

alter table public.tech_daily_metrics add column estimated_labor_cost bigint not null default 0;
alter table public.advisor_daily_metrics add column estimated_labor_cost bigint not null default 0;

comment on column public.tech_daily_metrics.estimated_labor_cost is
  '[AUTHORIZED] cents, part of labor_cost whose rate is not the technician own.';
comment on column public.advisor_daily_metrics.estimated_labor_cost is
  '[AUTHORIZED] cents, part of the labor cost of these ROs whose rate is not the technician own.';

-- What ro_metrics freezes from now on, for snapshots taken before.
update public.ro_snapshots s
   set technician_labor = (
     select jsonb_agg(t.share || jsonb_build_object('estimated_cost', coalesce((
              select sum(l.labor_cost)
                from public.job_labor l
                join public.jobs j on j.id = l.job_id
               where l.repair_order_id = s.repair_order_id and j.authorized and l.rate_source <> 'assigned'
                 and l.technician_id is not distinct from (t.share ->> 'technician_id')::uuid), 0)) order by t.place)
       from jsonb_array_elements(s.technician_labor) with ordinality as t(share, place))
 where jsonb_array_length(s.technician_labor) > 0;

update public.tech_daily_metrics m
   set estimated_labor_cost = d.cost
  from (
    select s.shop_id, s.snapshot_date, t.technician_id, sum(t.estimated_cost) as cost
      from public.ro_snapshots s
     cross join jsonb_to_recordset(s.technician_labor) as t(technician_id uuid, estimated_cost bigint)
     where s.counted and t.estimated_cost > 0
     group by 1, 2, 3
  ) d
 where m.shop_id = d.shop_id and m.metric_date = d.snapshot_date and m.technician_id = d.technician_id;

update public.advisor_daily_metrics m
   set estimated_labor_cost = d.cost
  from (
    select s.shop_id, s.snapshot_date, s.service_advisor_id, sum(s.estimated_labor_cost) as cost
      from public.ro_snapshots s
     where s.counted and s.estimated_labor_cost > 0
     group by 1, 2, 3
  ) d
 where m.shop_id = d.shop_id and m.metric_date = d.snapshot_date
   and m.service_advisor_id is not distinct from d.service_advisor_id;

-- Pages of ROs by (day, RO); serves every question of the index it replaces.
create index ro_snapshots_counted_page_idx on public.ro_snapshots (shop_id, snapshot_date, ro_tm_id) where counted;
drop index public.ro_snapshots_counted_day_idx;
create index ro_snapshots_estimated_idx on public.ro_snapshots (shop_id, snapshot_date)
  include (ro_tm_id, estimated_labor_cost, authorized_profit) where counted and estimated_labor_cost > 0;
create index ro_snapshots_exceptions_idx on public.ro_snapshots (shop_id, snapshot_date, ro_tm_id)
  include (variance_reason, authorized_profit) where counted and (variance_reason is not null or authorized_profit < 0);
create index metric_restatements_restated_idx on public.metric_restatements (shop_id, restated_at, metric_date);
