-- Fees of jobs and of ROs. Lines are replaced as a set with their RO: TM re-creates line ids, and some lines have none.
-- Relies on 005-006. New table, no lock on existing data.

create table public.job_fees (
  id              uuid primary key default gen_random_uuid(),
  shop_id         uuid not null,
  repair_order_id uuid not null references public.repair_orders (id) on delete cascade,
  job_id          uuid references public.jobs (id) on delete cascade,
  line_no         integer not null,
  name            text,
  fee_type        text not null,
  amount          integer,
  percentage      numeric,
  cap             integer,
  taxable         boolean,
  total           integer not null,
  unique nulls not distinct (repair_order_id, job_id, line_no),
  check (fee_type in ('shop_supplies', 'environmental', 'disposal', 'hazmat', 'other'))
);

create index job_fees_job_id_idx on public.job_fees (job_id) where job_id is not null;

comment on table public.job_fees is
  'A fee. job_id is NULL where TM puts it at RO level, which is the usual place.';
comment on column public.job_fees.id is 'Our key; other tables link to it.';
comment on column public.job_fees.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own, it comes with the RO.';
comment on column public.job_fees.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.job_fees.job_id is 'The job; NULL for a line TM puts at RO level.';
comment on column public.job_fees.line_no is 'Position within its job (or within the RO), from 1.';
comment on column public.job_fees.name is 'Name as sent, often with trailing spaces.';
comment on column public.job_fees.fee_type is 'By the trimmed, case-folded name: shop_supplies, environmental, disposal, hazmat or other.';
comment on column public.job_fees.amount is 'Cents, fixed part.';
comment on column public.job_fees.percentage is 'Percent part as TM sends it (12.5 = 12.5 %).';
comment on column public.job_fees.cap is 'Cents, upper limit.';
comment on column public.job_fees.taxable is 'Taxed; NULL when TM did not say.';
comment on column public.job_fees.total is 'Cents, the fee as charged.';
