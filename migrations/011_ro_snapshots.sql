-- Snapshots: the metrics of an RO at posting or completion. The partial unique index holds "an RO counts once".
-- Relies on 002 and 005. New table, no lock on existing data.

create table public.ro_snapshots (
  id                       uuid primary key default gen_random_uuid(),
  shop_id                  uuid not null references public.shops (id),
  repair_order_id          uuid not null references public.repair_orders (id) on delete cascade,
  ro_tm_id                 bigint not null,
  snapshot_date            date not null,
  snapshot_trigger         text not null,
  counted                  boolean not null default false,
  superseded_at            timestamptz,
  ro_number                bigint not null,
  ro_status                text not null,
  customer_name            text,
  vehicle_description      text,
  service_advisor_id       uuid references public.employees (id),
  service_advisor_tm_id    bigint,
  service_advisor_name     text,
  calculation_method       text not null,
  authorized_revenue       integer,
  authorized_cost          integer,
  authorized_profit        integer,
  authorized_total         integer,
  authorized_job_count     integer,
  parts_revenue            integer,
  parts_cost               integer,
  labor_revenue            integer,
  labor_hours              numeric not null default 0,
  labor_cost               integer,
  estimated_labor_cost     integer,
  sublet_revenue           integer,
  sublet_cost              integer,
  fees_total               integer,
  discount_total           integer,
  tax_total                integer,
  net_sales                integer,
  net_profit               integer,
  potential_revenue        integer,
  potential_job_count      integer,
  declined_revenue         integer,
  pending_revenue          integer,
  potential_total          integer,
  authorized_gp_percent    numeric(12,2),
  tm_reported_gp_percent   numeric(12,2),
  variance_percent         numeric(12,2),
  variance_reason          text,
  unassigned_labor_hours   numeric not null default 0,
  unassigned_labor_revenue integer not null default 0,
  technician_labor         jsonb not null default '[]'::jsonb,
  metric_hash              text,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now(),
  unique (shop_id, repair_order_id, snapshot_date, snapshot_trigger),
  check (snapshot_trigger in ('posted', 'completed', 'manual')),
  check (not counted or (superseded_at is null and snapshot_trigger <> 'manual'))
);

create unique index ro_snapshots_counted_once_idx on public.ro_snapshots (repair_order_id) where counted;
create index ro_snapshots_repair_order_id_idx on public.ro_snapshots (repair_order_id);
create index ro_snapshots_counted_day_idx on public.ro_snapshots (shop_id, snapshot_date) where counted;
create index ro_snapshots_shop_date_idx on public.ro_snapshots (shop_id, snapshot_date);
create index ro_snapshots_service_advisor_id_idx on public.ro_snapshots (service_advisor_id);

comment on table public.ro_snapshots is
  'The metrics of an RO on the day it was posted or completed. At most one per RO is counted; others keep superseded_at.';
comment on column public.ro_snapshots.id is 'Our key; other tables link to it.';
comment on column public.ro_snapshots.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.ro_snapshots.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.ro_snapshots.ro_tm_id is 'TM''s id of the RO.';
comment on column public.ro_snapshots.snapshot_date is 'Shop-local day: posted, completed, or (manual) the day of the request.';
comment on column public.ro_snapshots.snapshot_trigger is 'posted, completed or manual; manual is stored and never counted.';
comment on column public.ro_snapshots.counted is 'true on at most one snapshot per RO; only counted ones enter daily metrics.';
comment on column public.ro_snapshots.superseded_at is 'When this snapshot stopped holding (un-posted, re-posted elsewhere, deleted); NULL while it holds.';
comment on column public.ro_snapshots.ro_number is 'RO number.';
comment on column public.ro_snapshots.ro_status is 'TM status code at the time of the snapshot.';
comment on column public.ro_snapshots.customer_name is 'Customer as the RO shows it.';
comment on column public.ro_snapshots.vehicle_description is 'Vehicle as the RO shows it.';
comment on column public.ro_snapshots.service_advisor_id is 'Service advisor; NULL when none.';
comment on column public.ro_snapshots.service_advisor_tm_id is 'TM id of the service advisor.';
comment on column public.ro_snapshots.service_advisor_name is 'Service advisor name.';
comment on column public.ro_snapshots.calculation_method is 'TRUE_GP (from /profit/labor) or LINE_ITEMS (TM had no profit).';
comment on column public.ro_snapshots.authorized_revenue is '[AUTHORIZED] cents before discounts, fees and tax, from /profit/labor; line items where TM has none.';
comment on column public.ro_snapshots.authorized_cost is '[AUTHORIZED] cents, cost of that revenue.';
comment on column public.ro_snapshots.authorized_profit is '[AUTHORIZED] cents, authorized_revenue - authorized_cost as TM reports it.';
comment on column public.ro_snapshots.authorized_total is '[AUTHORIZED] cents with fees and tax, as TM sent it; never a base for GP.';
comment on column public.ro_snapshots.authorized_job_count is '[AUTHORIZED] jobs with authorized = true.';
comment on column public.ro_snapshots.parts_revenue is '[AUTHORIZED] cents, part totals.';
comment on column public.ro_snapshots.parts_cost is '[AUTHORIZED] cents, sum of round(quantity x unit cost).';
comment on column public.ro_snapshots.labor_revenue is '[AUTHORIZED] cents, labor totals.';
comment on column public.ro_snapshots.labor_hours is '[AUTHORIZED] billed hours.';
comment on column public.ro_snapshots.labor_cost is '[AUTHORIZED] cents, sum of round(hours x hourly cost).';
comment on column public.ro_snapshots.estimated_labor_cost is '[AUTHORIZED] cents, part of labor_cost whose rate is not the technician own.';
comment on column public.ro_snapshots.sublet_revenue is '[AUTHORIZED] cents, sublet retail.';
comment on column public.ro_snapshots.sublet_cost is '[AUTHORIZED] cents, sublet cost.';
comment on column public.ro_snapshots.fees_total is '[AUTHORIZED] cents, fees of authorized jobs plus RO-level fees.';
comment on column public.ro_snapshots.discount_total is '[AUTHORIZED] cents, discounts; negative is a surcharge, never clamped.';
comment on column public.ro_snapshots.tax_total is '[AUTHORIZED] cents, tax.';
comment on column public.ro_snapshots.net_sales is '[AUTHORIZED] cents, parts + labor + sublet revenue + fees - discount; what the posted-sales report of TM totals.';
comment on column public.ro_snapshots.net_profit is '[AUTHORIZED] cents, net_sales - parts, labor and sublet cost.';
comment on column public.ro_snapshots.potential_revenue is '[POTENTIAL] cents, parts + labor + sublet retail over live jobs, before discounts, fees and tax.';
comment on column public.ro_snapshots.potential_job_count is '[POTENTIAL] live jobs.';
comment on column public.ro_snapshots.declined_revenue is '[POTENTIAL] cents, the part of potential_revenue that was declined.';
comment on column public.ro_snapshots.pending_revenue is '[POTENTIAL] cents, the part of potential_revenue still undecided.';
comment on column public.ro_snapshots.potential_total is '[POTENTIAL] cents with fees and tax, as TM sent it.';
comment on column public.ro_snapshots.authorized_gp_percent is '[DERIVED] 100 x authorized_profit / authorized_revenue; NULL when revenue is 0.';
comment on column public.ro_snapshots.tm_reported_gp_percent is '[AUTHORIZED] 100 x totalProfit.margin as TM reports it; NULL for "NaN" or absent.';
comment on column public.ro_snapshots.variance_percent is '[DERIVED] line-item GP % - tm_reported_gp_percent; NULL when either is.';
comment on column public.ro_snapshots.variance_reason is 'First reason that applies: tm_profit_missing, negative_profit_possible_warranty, retail_mismatch, estimated_labor_rate, cost_mismatch; NULL when none.';
comment on column public.ro_snapshots.unassigned_labor_hours is '[AUTHORIZED] hours of authorized labor lines without a technician.';
comment on column public.ro_snapshots.unassigned_labor_revenue is '[AUTHORIZED] cents of authorized labor lines without a technician.';
comment on column public.ro_snapshots.technician_labor is '[AUTHORIZED] labor by technician, frozen with the snapshot; the day of a technician is the sum of these.';
comment on column public.ro_snapshots.metric_hash is 'metric_hash of the RO this snapshot was built from.';
comment on column public.ro_snapshots.created_at is 'When this row was first written here (UTC).';
comment on column public.ro_snapshots.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
