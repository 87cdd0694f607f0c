-- Jobs: units of work inside an RO (never a queue job).
-- Relies on 005. New table, no lock on existing data.

create table public.jobs (
  id                   uuid primary key default gen_random_uuid(),
  shop_id              uuid not null,
  repair_order_id      uuid not null references public.repair_orders (id) on delete cascade,
  tm_id                bigint not null,
  name                 text,
  description          text,
  note                 text,
  authorized           boolean,
  authorized_date      timestamptz,
  declined             boolean,
  selected             boolean,
  archived             boolean,
  sort_order           integer,
  category             text,
  total                integer,
  subtotal             integer,
  discount             integer,
  tax                  integer,
  parts_total          integer,
  parts_cost           integer,
  labor_total          integer,
  labor_hours          numeric,
  sublet_total         integer,
  sublet_cost          integer,
  fee_total            integer,
  gross_profit_amount  integer,
  gross_profit_percent numeric(12,2),
  tm_extra             jsonb not null default '{}'::jsonb,
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now(),
  unique (shop_id, tm_id)
);

create index jobs_repair_order_id_idx on public.jobs (repair_order_id);

comment on table public.jobs is
  'A unit of work inside an RO. authorized keeps three states: true approved, false declined, NULL pending.';
comment on column public.jobs.id is 'Our key; other tables link to it.';
comment on column public.jobs.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own, it comes with the RO.';
comment on column public.jobs.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.jobs.tm_id is 'TM''s global id of the job; unique within the shop.';
comment on column public.jobs.name is 'Name of the job.';
comment on column public.jobs.description is 'Text for the customer.';
comment on column public.jobs.note is 'Note.';
comment on column public.jobs.authorized is 'true approved, false declined, NULL pending; nothing else means sold.';
comment on column public.jobs.authorized_date is 'Moment of the decision (also of a declined one).';
comment on column public.jobs.declined is 'declined as TM sends it; NULL when absent.';
comment on column public.jobs.selected is 'selected as TM sends it.';
comment on column public.jobs.archived is 'true: taken off the estimate; counts as potential only if it was authorized.';
comment on column public.jobs.sort_order is 'Order on the estimate.';
comment on column public.jobs.category is 'Job category name.';
comment on column public.jobs.total is 'Cents, job total with tax and fees as TM sent it.';
comment on column public.jobs.subtotal is 'Cents, subtotal as TM sent it.';
comment on column public.jobs.discount is 'Cents, discounts of the job; negative is a surcharge.';
comment on column public.jobs.tax is 'Cents, tax of the job.';
comment on column public.jobs.parts_total is 'Cents, partsPrice as TM sent it.';
comment on column public.jobs.parts_cost is 'Cents, partsCost as TM sent it.';
comment on column public.jobs.labor_total is 'Cents, laborPrice as TM sent it.';
comment on column public.jobs.labor_hours is 'Hours as TM sent them.';
comment on column public.jobs.sublet_total is 'Cents, subletPrice as TM sent it.';
comment on column public.jobs.sublet_cost is 'Cents, subletCost as TM sent it.';
comment on column public.jobs.fee_total is 'Cents, feePrice as TM sent it.';
comment on column public.jobs.gross_profit_amount is 'Cents, as TM sent it.';
comment on column public.jobs.gross_profit_percent is '100 x the ratio TM sent; NULL for "NaN".';
comment on column public.jobs.tm_extra is 'What TM returned and has no column of its own; never secrets.';
comment on column public.jobs.created_at is 'When this row was first written here (UTC).';
comment on column public.jobs.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
