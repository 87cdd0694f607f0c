-- Labor lines of jobs, with the labor cost fixed at the time of the fetch. Lines are replaced as a set with their RO: TM re-creates line ids, and some lines have none.
-- Relies on 002, 005-006. New table, no lock on existing data.

create table public.job_labor (
  id               uuid primary key default gen_random_uuid(),
  shop_id          uuid not null,
  repair_order_id  uuid not null references public.repair_orders (id) on delete cascade,
  job_id           uuid not null references public.jobs (id) on delete cascade,
  line_no          integer not null,
  tm_id            bigint,
  name             text,
  hours            numeric not null,
  rate             integer not null,
  total            integer not null,
  complete         boolean,
  technician_id    uuid references public.employees (id),
  technician_tm_id bigint,
  technician_name  text,
  tech_hourly_cost integer not null,
  labor_cost       integer not null,
  rate_source      text not null,
  unique (job_id, line_no),
  check (rate_source in ('assigned', 'shop_avg', 'default'))
);

create index job_labor_repair_order_id_idx on public.job_labor (repair_order_id);
create index job_labor_technician_id_idx on public.job_labor (technician_id) where technician_id is not null;

comment on table public.job_labor is
  'A labor line. The hourly cost and its source are stored with the line, so a later pay change does not restate a closed RO.';
comment on column public.job_labor.id is 'Our key; other tables link to it.';
comment on column public.job_labor.shop_id is 'Shop of the RO, repeated for row-level security; no foreign key of its own, it comes with the RO.';
comment on column public.job_labor.repair_order_id is 'The RO; its lines come and go with it.';
comment on column public.job_labor.job_id is 'The job.';
comment on column public.job_labor.line_no is 'Position within its job (or within the RO), from 1.';
comment on column public.job_labor.tm_id is 'Line id of TM; changes when the job is saved again, may be NULL.';
comment on column public.job_labor.name is 'Name; may be empty.';
comment on column public.job_labor.hours is 'Billed hours.';
comment on column public.job_labor.rate is 'Cents per hour that the customer pays.';
comment on column public.job_labor.total is 'Cents, the line.';
comment on column public.job_labor.complete is 'Work done; NULL when TM did not say.';
comment on column public.job_labor.technician_id is 'Technician; NULL when unassigned.';
comment on column public.job_labor.technician_tm_id is 'TM id of the technician.';
comment on column public.job_labor.technician_name is 'Technician name as the line shows it.';
comment on column public.job_labor.tech_hourly_cost is 'Cents per hour used for labor_cost.';
comment on column public.job_labor.labor_cost is 'Cents, round(hours x tech_hourly_cost).';
comment on column public.job_labor.rate_source is 'Where tech_hourly_cost comes from: assigned (line or employee), shop_avg (mean of active technicians), default (shop setting).';
