-- A shop's day: sums over the counted snapshots of that day. A day without any has no row.
-- Relies on 001. New table, no lock on existing data.

create table public.daily_shop_metrics (
  id                          uuid primary key default gen_random_uuid(),
  shop_id                     uuid not null references public.shops (id),
  metric_date                 date not null,
  ro_count                    integer not null,
  ro_posted_count             integer not null,
  ro_completed_count          integer not null,
  source_snapshot_count       integer not null,
  authorized_revenue          bigint not null default 0,
  authorized_cost             bigint not null default 0,
  authorized_profit           bigint not null default 0,
  authorized_total            bigint not null default 0,
  authorized_job_count        integer not null default 0,
  parts_revenue               bigint not null default 0,
  parts_cost                  bigint not null default 0,
  labor_revenue               bigint not null default 0,
  labor_hours                 numeric not null default 0,
  labor_cost                  bigint not null default 0,
  estimated_labor_cost        bigint not null default 0,
  sublet_revenue              bigint not null default 0,
  sublet_cost                 bigint not null default 0,
  fees_total                  bigint not null default 0,
  discount_total              bigint not null default 0,
  tax_total                   bigint not null default 0,
  net_sales                   bigint not null default 0,
  net_profit                  bigint not null default 0,
  potential_revenue           bigint not null default 0,
  potential_job_count         integer not null default 0,
  declined_revenue            bigint not null default 0,
  pending_revenue             bigint not null default 0,
  potential_total             bigint not null default 0,
  authorized_gp_percent       numeric(12,2),
  avg_ro_value                bigint,
  avg_ro_profit               bigint,
  avg_labor_rate              bigint,
  gp_per_labor_hour           bigint,
  gross_profit_per_labor_hour bigint,
  sales_per_labor_hour        bigint,
  authorization_rate          numeric(12,2),
  unassigned_labor_hours      numeric not null default 0,
  unassigned_labor_revenue    bigint not null default 0,
  created_at                  timestamptz not null default now(),
  updated_at                  timestamptz not null default now(),
  unique (shop_id, metric_date)
);

comment on table public.daily_shop_metrics is
  'The day of a shop: sums over counted snapshots with snapshot_date = metric_date. No row for a day without any. Money in cents.';
comment on column public.daily_shop_metrics.id is 'Our key; other tables link to it.';
comment on column public.daily_shop_metrics.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.daily_shop_metrics.metric_date is 'Shop-local calendar day.';
comment on column public.daily_shop_metrics.ro_count is '[DERIVED] counted snapshots.';
comment on column public.daily_shop_metrics.ro_posted_count is '[DERIVED] of them with trigger posted.';
comment on column public.daily_shop_metrics.ro_completed_count is '[DERIVED] of them with trigger completed.';
comment on column public.daily_shop_metrics.source_snapshot_count is '[DERIVED] snapshots this row was computed from.';
comment on column public.daily_shop_metrics.authorized_revenue is '[AUTHORIZED] cents before discounts, fees and tax, from /profit/labor; line items where TM has none.';
comment on column public.daily_shop_metrics.authorized_cost is '[AUTHORIZED] cents, cost of that revenue.';
comment on column public.daily_shop_metrics.authorized_profit is '[AUTHORIZED] cents, authorized_revenue - authorized_cost as TM reports it.';
comment on column public.daily_shop_metrics.authorized_total is '[AUTHORIZED] cents with fees and tax, as TM sent it; never a base for GP.';
comment on column public.daily_shop_metrics.authorized_job_count is '[AUTHORIZED] jobs with authorized = true.';
comment on column public.daily_shop_metrics.parts_revenue is '[AUTHORIZED] cents, part totals.';
comment on column public.daily_shop_metrics.parts_cost is '[AUTHORIZED] cents, sum of round(quantity x unit cost).';
comment on column public.daily_shop_metrics.labor_revenue is '[AUTHORIZED] cents, labor totals.';
comment on column public.daily_shop_metrics.labor_hours is '[AUTHORIZED] billed hours.';
comment on column public.daily_shop_metrics.labor_cost is '[AUTHORIZED] cents, sum of round(hours x hourly cost).';
comment on column public.daily_shop_metrics.estimated_labor_cost is '[AUTHORIZED] cents, part of labor_cost whose rate is not the technician own.';
comment on column public.daily_shop_metrics.sublet_revenue is '[AUTHORIZED] cents, sublet retail.';
comment on column public.daily_shop_metrics.sublet_cost is '[AUTHORIZED] cents, sublet cost.';
comment on column public.daily_shop_metrics.fees_total is '[AUTHORIZED] cents, fees of authorized jobs plus RO-level fees.';
comment on column public.daily_shop_metrics.discount_total is '[AUTHORIZED] cents, discounts; negative is a surcharge, never clamped.';
comment on column public.daily_shop_metrics.tax_total is '[AUTHORIZED] cents, tax.';
comment on column public.daily_shop_metrics.net_sales is '[AUTHORIZED] cents, parts + labor + sublet revenue + fees - discount; what the posted-sales report of TM totals.';
comment on column public.daily_shop_metrics.net_profit is '[AUTHORIZED] cents, net_sales - parts, labor and sublet cost.';
comment on column public.daily_shop_metrics.potential_revenue is '[POTENTIAL] cents, parts + labor + sublet retail over live jobs, before discounts, fees and tax.';
comment on column public.daily_shop_metrics.potential_job_count is '[POTENTIAL] live jobs.';
comment on column public.daily_shop_metrics.declined_revenue is '[POTENTIAL] cents, the part of potential_revenue that was declined.';
comment on column public.daily_shop_metrics.pending_revenue is '[POTENTIAL] cents, the part of potential_revenue still undecided.';
comment on column public.daily_shop_metrics.potential_total is '[POTENTIAL] cents with fees and tax, as TM sent it.';
comment on column public.daily_shop_metrics.authorized_gp_percent is '[DERIVED] 100 x authorized_profit / authorized_revenue; NULL when revenue is 0.';
comment on column public.daily_shop_metrics.avg_ro_value is '[DERIVED] cents, authorized_revenue / ro_count, rounded.';
comment on column public.daily_shop_metrics.avg_ro_profit is '[DERIVED] cents, authorized_profit / ro_count, rounded.';
comment on column public.daily_shop_metrics.avg_labor_rate is '[DERIVED] cents per hour, labor_revenue / labor_hours; NULL without hours.';
comment on column public.daily_shop_metrics.gp_per_labor_hour is '[DERIVED] cents per hour, (labor_revenue - labor_cost) / labor_hours.';
comment on column public.daily_shop_metrics.gross_profit_per_labor_hour is '[DERIVED] cents per hour, authorized_profit / labor_hours.';
comment on column public.daily_shop_metrics.sales_per_labor_hour is '[DERIVED] cents per hour, authorized_revenue / labor_hours.';
comment on column public.daily_shop_metrics.authorization_rate is '[DERIVED] 100 x authorized_revenue / potential_revenue.';
comment on column public.daily_shop_metrics.unassigned_labor_hours is '[AUTHORIZED] hours of authorized labor lines without a technician.';
comment on column public.daily_shop_metrics.unassigned_labor_revenue is '[AUTHORIZED] cents of authorized labor lines without a technician.';
comment on column public.daily_shop_metrics.created_at is 'When this row was first written here (UTC).';
comment on column public.daily_shop_metrics.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
