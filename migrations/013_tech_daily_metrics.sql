-- A technician's day, over the same counted ROs as the shop's day.
-- Relies on 002. New table, no lock on existing data.

create table public.tech_daily_metrics (
  id               uuid primary key default gen_random_uuid(),
  shop_id          uuid not null references public.shops (id),
  technician_id    uuid not null references public.employees (id),
  technician_tm_id bigint,
  technician_name  text,
  metric_date      date not null,
  hours_billed     numeric not null default 0,
  labor_revenue    bigint not null default 0,
  labor_cost       bigint not null default 0,
  labor_profit     bigint not null default 0,
  gp_percent       numeric(12,2),
  gp_per_hour      bigint,
  avg_retail_rate  bigint,
  avg_cost_rate    bigint,
  jobs_worked      integer not null default 0,
  ros_worked       integer not null default 0,
  rate_sources     jsonb not null default '{}'::jsonb,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  unique (shop_id, technician_id, metric_date)
);

create index tech_daily_metrics_shop_date_idx on public.tech_daily_metrics (shop_id, metric_date);
create index tech_daily_metrics_technician_id_idx on public.tech_daily_metrics (technician_id);

comment on table public.tech_daily_metrics is
  'The day of a technician: authorized labor lines with that technician on ROs counted that day. Money in cents.';
comment on column public.tech_daily_metrics.id is 'Our key; other tables link to it.';
comment on column public.tech_daily_metrics.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.tech_daily_metrics.technician_id is 'The technician.';
comment on column public.tech_daily_metrics.technician_tm_id is 'TM id of the technician.';
comment on column public.tech_daily_metrics.technician_name is 'Name at the time of the computation.';
comment on column public.tech_daily_metrics.metric_date is 'Shop-local calendar day.';
comment on column public.tech_daily_metrics.hours_billed is '[AUTHORIZED] hours.';
comment on column public.tech_daily_metrics.labor_revenue is '[AUTHORIZED] cents.';
comment on column public.tech_daily_metrics.labor_cost is '[AUTHORIZED] cents.';
comment on column public.tech_daily_metrics.labor_profit is '[AUTHORIZED] cents, revenue - cost.';
comment on column public.tech_daily_metrics.gp_percent is '[DERIVED] 100 x labor_profit / labor_revenue; NULL when revenue is 0.';
comment on column public.tech_daily_metrics.gp_per_hour is '[DERIVED] cents per hour, labor_profit / hours_billed.';
comment on column public.tech_daily_metrics.avg_retail_rate is '[DERIVED] cents per hour, labor_revenue / hours_billed.';
comment on column public.tech_daily_metrics.avg_cost_rate is '[DERIVED] cents per hour, labor_cost / hours_billed.';
comment on column public.tech_daily_metrics.jobs_worked is '[AUTHORIZED] distinct jobs.';
comment on column public.tech_daily_metrics.ros_worked is '[AUTHORIZED] distinct ROs.';
comment on column public.tech_daily_metrics.rate_sources is '[AUTHORIZED] labor lines by rate source: {assigned, shop_avg, default}.';
comment on column public.tech_daily_metrics.created_at is 'When this row was first written here (UTC).';
comment on column public.tech_daily_metrics.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
