-- A service advisor's day; one row stands for ROs without an advisor, so that the sums equal the shop's.
-- Relies on 002. New table, no lock on existing data.

create table public.advisor_daily_metrics (
  id                    uuid primary key default gen_random_uuid(),
  shop_id               uuid not null references public.shops (id),
  service_advisor_id    uuid references public.employees (id),
  service_advisor_tm_id bigint,
  advisor_name          text,
  metric_date           date not null,
  ro_count              integer not null,
  authorized_revenue    bigint not null default 0,
  authorized_cost       bigint not null default 0,
  authorized_profit     bigint not null default 0,
  authorized_gp_percent numeric(12,2),
  avg_ro_value          bigint,
  labor_hours           numeric not null default 0,
  potential_revenue     bigint not null default 0,
  authorization_rate    numeric(12,2),
  created_at            timestamptz not null default now(),
  updated_at            timestamptz not null default now(),
  unique nulls not distinct (shop_id, service_advisor_id, metric_date)
);

create index advisor_daily_metrics_shop_date_idx on public.advisor_daily_metrics (shop_id, metric_date);
create index advisor_daily_metrics_service_advisor_id_idx on public.advisor_daily_metrics (service_advisor_id);

comment on table public.advisor_daily_metrics is
  'The day of a service advisor over counted ROs. The row with service_advisor_id NULL is "none". Money in cents.';
comment on column public.advisor_daily_metrics.id is 'Our key; other tables link to it.';
comment on column public.advisor_daily_metrics.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.advisor_daily_metrics.service_advisor_id is 'The advisor; NULL for ROs without one.';
comment on column public.advisor_daily_metrics.service_advisor_tm_id is 'TM id of the advisor.';
comment on column public.advisor_daily_metrics.advisor_name is 'Name at the time of the computation.';
comment on column public.advisor_daily_metrics.metric_date is 'Shop-local calendar day.';
comment on column public.advisor_daily_metrics.ro_count is '[DERIVED] counted ROs.';
comment on column public.advisor_daily_metrics.authorized_revenue is '[AUTHORIZED] cents.';
comment on column public.advisor_daily_metrics.authorized_cost is '[AUTHORIZED] cents.';
comment on column public.advisor_daily_metrics.authorized_profit is '[AUTHORIZED] cents.';
comment on column public.advisor_daily_metrics.authorized_gp_percent is '[DERIVED] 100 x authorized_profit / authorized_revenue; NULL when revenue is 0.';
comment on column public.advisor_daily_metrics.avg_ro_value is '[DERIVED] cents, authorized_revenue / ro_count, rounded.';
comment on column public.advisor_daily_metrics.labor_hours is '[AUTHORIZED] hours.';
comment on column public.advisor_daily_metrics.potential_revenue is '[POTENTIAL] cents.';
comment on column public.advisor_daily_metrics.authorization_rate is '[DERIVED] 100 x authorized_revenue / potential_revenue.';
comment on column public.advisor_daily_metrics.created_at is 'When this row was first written here (UTC).';
comment on column public.advisor_daily_metrics.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';

alter table public.advisor_daily_metrics enable row level security;
revoke all on public.advisor_daily_metrics from public, anon, authenticated;
grant all on public.advisor_daily_metrics to service_role;
create policy advisor_daily_metrics_service on public.advisor_daily_metrics for all to service_role using (true) with check (true);
grant select on public.advisor_daily_metrics to authenticated;
create policy advisor_daily_metrics_members on public.advisor_daily_metrics for select to authenticated
  using (shop_id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));
