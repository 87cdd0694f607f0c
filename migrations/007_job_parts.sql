-- Part lines of jobs. Lines are replaced as a set with their RO: TM re-creates line ids, and some lines have none.
-- Relies on 005-006. New table, no lock on existing data.

create table public.job_parts (
  id              uuid primary key default gen_random_uuid(),
  shop_id         uuid not null,
  repair_order_id uuid not null references public.repair_orders (id) on delete cascade,
  job_id          uuid not null references public.jobs (id) on delete cascade,
  line_no         integer not null,
  tm_id           bigint,
  name            text,
  brand           text,
  part_number     text,
  description     text,
  part_type       text,
  quantity        numeric not null,
  cost            integer not null,
  retail          integer not null,
  total           integer not null,
  core_charge     integer,
  vendor_tm_id    bigint,
  vendor_name     text,
  unique (job_id, line_no)
);

create index job_parts_repair_order_id_idx on public.job_parts (repair_order_id);

comment on table public.job_parts is
  'A part line. cost and retail are cents per unit; total is the line. Replaced as a set with its RO.';
comment on column public.job_parts.id is 'Our key; other tables link to it.';
comment on column public.job_parts.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own, it comes with the RO.';
comment on column public.job_parts.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.job_parts.job_id is 'The job.';
comment on column public.job_parts.line_no is 'Position within its job (or within the RO), from 1.';
comment on column public.job_parts.tm_id is 'Line id of TM; changes when the job is saved again, may be NULL.';
comment on column public.job_parts.name is 'Name; may be NULL.';
comment on column public.job_parts.brand is 'Brand.';
comment on column public.job_parts.part_number is 'Part number; may be empty.';
comment on column public.job_parts.description is 'Description.';
comment on column public.job_parts.part_type is 'TM part type code: PART, TIRE, BATTERY.';
comment on column public.job_parts.quantity is 'Quantity; 5.5 quarts is 5.5, 0 is legal.';
comment on column public.job_parts.cost is 'Cents per unit that the shop pays.';
comment on column public.job_parts.retail is 'Cents per unit that the customer pays.';
comment on column public.job_parts.total is 'Cents, the line as TM sent it, or round-half-up(quantity x retail).';
comment on column public.job_parts.core_charge is 'Cents per unit.';
comment on column public.job_parts.vendor_tm_id is 'TM id of the vendor.';
comment on column public.job_parts.vendor_name is 'Vendor name.';
