-- Sublets: work bought from others, inside a job or at RO level. Lines are replaced as a set with their RO: TM re-creates line ids, and some lines have none.
-- Relies on 005-006. New table, no lock on existing data.

create table public.job_sublets (
  id              uuid primary key default gen_random_uuid(),
  shop_id         uuid not null,
  repair_order_id uuid not null references public.repair_orders (id) on delete cascade,
  job_id          uuid references public.jobs (id) on delete cascade,
  line_no         integer not null,
  tm_id           bigint,
  name            text,
  description     text,
  vendor_name     text,
  cost            integer not null,
  retail          integer not null,
  invoice_number  text,
  po_number       text,
  authorized      boolean,
  unique nulls not distinct (repair_order_id, job_id, line_no)
);

create index job_sublets_job_id_idx on public.job_sublets (job_id) where job_id is not null;

comment on table public.job_sublets is
  'A sublet. job_id is NULL where TM puts it at RO level; then authorized is its own flag.';
comment on column public.job_sublets.id is 'Our key; other tables link to it.';
comment on column public.job_sublets.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own, it comes with the RO.';
comment on column public.job_sublets.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.job_sublets.job_id is 'The job; NULL for a line TM puts at RO level.';
comment on column public.job_sublets.line_no is 'Position within its job (or within the RO), from 1.';
comment on column public.job_sublets.tm_id is 'Line id of TM; may be NULL.';
comment on column public.job_sublets.name is 'Name.';
comment on column public.job_sublets.description is 'Description.';
comment on column public.job_sublets.vendor_name is 'Vendor name.';
comment on column public.job_sublets.cost is 'Cents that the shop pays.';
comment on column public.job_sublets.retail is 'Cents that the customer pays.';
comment on column public.job_sublets.invoice_number is 'Invoice of the vendor.';
comment on column public.job_sublets.po_number is 'Purchase order.';
comment on column public.job_sublets.authorized is 'Own flag of an RO-level sublet (three states as a job); NULL on a job sublet, which follows its job.';
