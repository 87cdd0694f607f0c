-- Repair orders: one wide row per RO, and the narrow row that remembers the last look at it.
-- The wide row is written only when content changed; repair_order_reads takes the write of every read instead.
-- Relies on 001-004. New tables, no lock on existing data.

create table public.repair_orders (
  id                     uuid primary key default gen_random_uuid(),
  shop_id                uuid not null references public.shops (id),
  tm_id                  bigint not null,
  ro_number              bigint not null,
  status                 text not null,
  status_id              integer not null,
  customer_id            uuid references public.customers (id),
  customer_tm_id         bigint,
  customer_name          text,
  vehicle_id             uuid references public.vehicles (id),
  vehicle_tm_id          bigint,
  vehicle_description    text,
  service_advisor_id     uuid references public.employees (id),
  service_advisor_tm_id  bigint,
  service_advisor_name   text,
  created_date           timestamptz,
  updated_date           timestamptz,
  promised_date          timestamptz,
  dropped_off_date       timestamptz,
  picked_up_date         timestamptz,
  posted_at              timestamptz,
  completed_at           timestamptz,
  posted_date            date,
  completed_date         date,
  potential_total        integer,
  potential_subtotal     integer,
  potential_tax          integer,
  potential_discount     integer,
  potential_job_count    integer,
  potential_parts        integer,
  potential_labor        integer,
  potential_sublet       integer,
  potential_fees         integer,
  authorized_total       integer,
  authorized_subtotal    integer,
  authorized_tax         integer,
  authorized_discount    integer,
  authorized_job_count   integer,
  authorized_parts       integer,
  authorized_labor       integer,
  authorized_sublet      integer,
  authorized_fees        integer,
  authorized_revenue     integer,
  authorized_cost        integer,
  authorized_profit      integer,
  authorized_gp_percent  numeric(12,2),
  authorized_labor_hours numeric,
  profit_labor_hours     numeric,
  tm_reported_gp_percent numeric(12,2),
  calculation_method     text not null default 'TRUE_GP',
  fees_total             integer,
  ro_fees_known          boolean not null default true,
  ro_discount            integer,
  discount_total         integer,
  shop_supplies_total    integer,
  epa_total              integer,
  amount_paid            integer,
  balance_due            integer,
  miles_in               numeric,
  miles_out              numeric,
  label                  text,
  notes                  text,
  tm_extra               jsonb not null default '{}'::jsonb,
  tm_updated_at          timestamptz,
  content_hash           text,
  lines_hash             text,
  metric_hash            text,
  fetched_at             timestamptz not null,
  last_synced_at         timestamptz not null default now(),
  last_run_id            uuid,
  snapshot_stale         boolean not null default false,
  stale_since            timestamptz,
  missing_since          timestamptz,
  missing_run_id         uuid,
  deleted_at             timestamptz,
  created_at             timestamptz not null default now(),
  updated_at             timestamptz not null default now(),
  unique (shop_id, tm_id),
  check (calculation_method in ('TRUE_GP', 'LINE_ITEMS')),
  check (posted_date is null or status_id in (5, 6)),
  check (completed_date is null or status_id in (3, 5, 6)),
  check (snapshot_stale = (stale_since is not null))
);

create index repair_orders_shop_ro_number_idx on public.repair_orders (shop_id, ro_number);
create index repair_orders_shop_posted_date_idx on public.repair_orders (shop_id, posted_date) where posted_date is not null;
create index repair_orders_shop_completed_date_idx on public.repair_orders (shop_id, completed_date) where completed_date is not null;
create index repair_orders_shop_updated_date_idx on public.repair_orders (shop_id, updated_date desc);
create index repair_orders_open_idx on public.repair_orders (shop_id, tm_id) where status_id not in (5, 6, 7);
create index repair_orders_stale_idx on public.repair_orders (stale_since, shop_id) where snapshot_stale;
create index repair_orders_customer_id_idx on public.repair_orders (customer_id);
create index repair_orders_vehicle_id_idx on public.repair_orders (vehicle_id);
create index repair_orders_service_advisor_id_idx on public.repair_orders (service_advisor_id);

comment on table public.repair_orders is
  'One repair order. Written only by apply_repair_order and mark_repair_order_deleted, together with its lines. Money in cents.';
comment on column public.repair_orders.id is 'Our key; other tables link to it.';
comment on column public.repair_orders.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.repair_orders.tm_id is 'TM''s global id of the RO; unique within the shop.';
comment on column public.repair_orders.ro_number is 'The number people say aloud; unique within a shop only in practice, never a key.';
comment on column public.repair_orders.status is 'TM status code: ESTIMATE, WORKINPROGRESS, COMPLETE, SAVEDFORLATER, POSTED, ACCRECV, DELETED; others as sent.';
comment on column public.repair_orders.status_id is 'TM status id: 1 estimate, 2 work in progress, 3 complete, 4 saved for later, 5 posted, 6 accounts receivable, 7 deleted.';
comment on column public.repair_orders.customer_id is 'Customer; NULL when the RO names none.';
comment on column public.repair_orders.customer_tm_id is 'TM id of the customer.';
comment on column public.repair_orders.customer_name is 'Customer name as the RO shows it.';
comment on column public.repair_orders.vehicle_id is 'Vehicle; NULL when the RO names none.';
comment on column public.repair_orders.vehicle_tm_id is 'TM id of the vehicle.';
comment on column public.repair_orders.vehicle_description is 'Vehicle as the RO shows it: year, make, model.';
comment on column public.repair_orders.service_advisor_id is 'Service advisor; NULL when the RO names none.';
comment on column public.repair_orders.service_advisor_tm_id is 'TM id of the service advisor.';
comment on column public.repair_orders.service_advisor_name is 'Service advisor name as the RO shows it.';
comment on column public.repair_orders.created_date is 'createdDate of TM (UTC).';
comment on column public.repair_orders.updated_date is 'updatedDate of TM (UTC). With fetched_at it orders reads of the same RO.';
comment on column public.repair_orders.promised_date is 'Promised to the customer (UTC).';
comment on column public.repair_orders.dropped_off_date is 'Vehicle dropped off (UTC).';
comment on column public.repair_orders.picked_up_date is 'Vehicle picked up (UTC).';
comment on column public.repair_orders.posted_at is 'postedDate of TM as sent (UTC); may be a residue on an RO that was un-posted.';
comment on column public.repair_orders.completed_at is 'completedDate of TM as sent (UTC); may be a residue.';
comment on column public.repair_orders.posted_date is 'Shop-local day of posting; only while the status is 5 or 6, otherwise NULL.';
comment on column public.repair_orders.completed_date is 'Shop-local day of completion; only while the status is 3, 5 or 6, otherwise NULL.';
comment on column public.repair_orders.potential_total is '[POTENTIAL] cents, all jobs with fees and tax, as TM sent it.';
comment on column public.repair_orders.potential_subtotal is '[POTENTIAL] cents, subtotal as TM sent it; TM often omits it.';
comment on column public.repair_orders.potential_tax is '[POTENTIAL] cents, taxes over all jobs, as TM sent them.';
comment on column public.repair_orders.potential_discount is '[POTENTIAL] cents, discounts over all jobs, as TM sent them; negative is a surcharge.';
comment on column public.repair_orders.potential_job_count is '[POTENTIAL] live jobs: all but those archived without having been authorized.';
comment on column public.repair_orders.potential_parts is '[POTENTIAL] cents, part totals over live jobs.';
comment on column public.repair_orders.potential_labor is '[POTENTIAL] cents, labor totals over live jobs.';
comment on column public.repair_orders.potential_sublet is '[POTENTIAL] cents, sublet retail over live jobs plus RO-level sublets.';
comment on column public.repair_orders.potential_fees is '[POTENTIAL] cents, fees over live jobs plus RO-level fees.';
comment on column public.repair_orders.authorized_total is '[AUTHORIZED] cents, authorizedTotal as TM sent it (with fees and tax); never a base for GP.';
comment on column public.repair_orders.authorized_subtotal is '[AUTHORIZED] cents, parts + labor + sublet + fees - discount of authorized work (net sales, without tax).';
comment on column public.repair_orders.authorized_tax is '[AUTHORIZED] cents, tax of authorized jobs (tax_total of the metric contract).';
comment on column public.repair_orders.authorized_discount is '[AUTHORIZED] cents, discounts of authorized jobs plus the RO-level discount; negative is a surcharge.';
comment on column public.repair_orders.authorized_job_count is '[AUTHORIZED] jobs with authorized = true.';
comment on column public.repair_orders.authorized_parts is '[AUTHORIZED] cents, part totals over authorized jobs.';
comment on column public.repair_orders.authorized_labor is '[AUTHORIZED] cents, labor totals over authorized jobs.';
comment on column public.repair_orders.authorized_sublet is '[AUTHORIZED] cents, sublet retail over authorized jobs plus RO-level sublets marked authorized.';
comment on column public.repair_orders.authorized_fees is '[AUTHORIZED] cents, fees of authorized jobs plus RO-level fees.';
comment on column public.repair_orders.authorized_revenue is '[AUTHORIZED] cents, /profit/labor totalProfit.retail; NULL when TM has none (see calculation_method).';
comment on column public.repair_orders.authorized_cost is '[AUTHORIZED] cents, /profit/labor totalProfit.cost; NULL when TM has none.';
comment on column public.repair_orders.authorized_profit is '[AUTHORIZED] cents, /profit/labor totalProfit.profit; NULL when TM has none.';
comment on column public.repair_orders.authorized_gp_percent is '[DERIVED] 100 x authorized_profit / authorized_revenue; NULL when revenue is 0 or unknown.';
comment on column public.repair_orders.authorized_labor_hours is '[AUTHORIZED] hours over authorized labor lines.';
comment on column public.repair_orders.profit_labor_hours is '[AUTHORIZED] hours as /profit/labor reports them; NULL when TM has none.';
comment on column public.repair_orders.tm_reported_gp_percent is '[AUTHORIZED] 100 x totalProfit.margin as TM reports it; NULL for "NaN" or absent, 0 is a true 0.';
comment on column public.repair_orders.calculation_method is 'TRUE_GP when /profit/labor answered or nothing is authorized; LINE_ITEMS when it answered 404.';
comment on column public.repair_orders.fees_total is 'Cents, feesTotal of the estimate as sent.';
comment on column public.repair_orders.ro_fees_known is 'true when the estimate carried the list of RO-level fees (also an empty one); false: use fees_total.';
comment on column public.repair_orders.ro_discount is 'Cents, RO-level discount of the estimate as sent; NULL when absent.';
comment on column public.repair_orders.discount_total is 'Cents, discountTotal of the estimate as sent (all discounts).';
comment on column public.repair_orders.shop_supplies_total is 'Cents, part of fees_total.';
comment on column public.repair_orders.epa_total is 'Cents, part of fees_total.';
comment on column public.repair_orders.amount_paid is 'Cents paid so far.';
comment on column public.repair_orders.balance_due is 'Cents outstanding.';
comment on column public.repair_orders.miles_in is 'Odometer at drop-off.';
comment on column public.repair_orders.miles_out is 'Odometer at pick-up.';
comment on column public.repair_orders.label is 'Board label name.';
comment on column public.repair_orders.notes is 'Free text of the shop.';
comment on column public.repair_orders.tm_extra is 'What TM returned and has no column of its own; never secrets.';
comment on column public.repair_orders.tm_updated_at is 'Same instant as updated_date, under the name other tables use.';
comment on column public.repair_orders.content_hash is 'Hash of the whole read; equal means nothing to write. NULL after a deletion by absence, so that a later read is applied.';
comment on column public.repair_orders.lines_hash is 'Hash of parts, sublets and fees as read; equal means their rows need not be replaced.';
comment on column public.repair_orders.metric_hash is 'Hash of everything a metric depends on; a change marks the RO for its snapshot.';
comment on column public.repair_orders.fetched_at is 'When the read stored here began, by the reader clock.';
comment on column public.repair_orders.last_synced_at is 'When this row was last written by a sync; when it was last looked at is in repair_order_reads.';
comment on column public.repair_orders.last_run_id is 'Run that last wrote this row; no foreign key, the log is purged earlier.';
comment on column public.repair_orders.snapshot_stale is 'Dirty mark: the snapshot has to be rebuilt. Written with the change itself, so nothing is lost.';
comment on column public.repair_orders.stale_since is 'When the mark was set; NULL while snapshot_stale is false.';
comment on column public.repair_orders.missing_since is 'First time TM answered 404 for this RO; cleared by a found read, a second pass deletes.';
comment on column public.repair_orders.missing_run_id is 'Run that saw the first 404; a second miss of the same run does not delete.';
comment on column public.repair_orders.deleted_at is 'When TM deleted the RO (status 7) or its absence was confirmed; NULL while it lives.';
comment on column public.repair_orders.created_at is 'When this row was first written here (UTC).';
comment on column public.repair_orders.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';

create table public.repair_order_reads (
  repair_order_id uuid primary key references public.repair_orders (id) on delete cascade,
  shop_id         uuid not null,
  fetched_at      timestamptz not null,
  read_at         timestamptz not null default now()
) with (fillfactor = 70);

comment on table public.repair_order_reads is
  'Bookkeeping: the newest authoritative look at each RO, whether or not it changed anything. Orders reads and tells which open ROs have not been seen for a while.';
comment on column public.repair_order_reads.repair_order_id is 'The RO.';
comment on column public.repair_order_reads.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own.';
comment on column public.repair_order_reads.fetched_at is 'When the newest accepted read began, by the reader clock.';
comment on column public.repair_order_reads.read_at is 'When that read reached the warehouse, by its clock.';
