-- Employees: advisors, technicians and everybody TM lists, plus placeholders for people only an RO names.
-- Relies on 001. New table, no lock on existing data.

create table public.employees (
  id               uuid primary key default gen_random_uuid(),
  shop_id          uuid not null references public.shops (id),
  tm_id            bigint not null,
  first_name       text,
  last_name        text,
  email            text,
  role             integer,
  role_name        text,
  status           text not null default 'ACTIVE',
  hourly_rate      integer,
  salary           integer,
  pay_type         text,
  can_perform_work boolean,
  is_placeholder   boolean not null default false,
  tm_extra         jsonb not null default '{}'::jsonb,
  tm_created_at    timestamptz,
  tm_updated_at    timestamptz,
  created_at       timestamptz not null default now(),
  updated_at       timestamptz not null default now(),
  unique (shop_id, tm_id),
  check (status in ('ACTIVE', 'INACTIVE'))
);

comment on table public.employees is
  'People of a shop. Never deleted: history refers to them. A placeholder is named by an RO but absent from the list TM gave.';
comment on column public.employees.id is 'Our key; other tables link to it.';
comment on column public.employees.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.employees.tm_id is 'TM''s global id of the employee; unique within the shop.';
comment on column public.employees.first_name is 'First name; NULL when TM did not say.';
comment on column public.employees.last_name is 'Last name; NULL when TM did not say.';
comment on column public.employees.email is 'Work e-mail (personal data).';
comment on column public.employees.role is 'TM role id; numbering differs between TM versions, so never branch on it.';
comment on column public.employees.role_name is 'TM role name, for people.';
comment on column public.employees.status is 'ACTIVE or INACTIVE, from disabled and deactivated.';
comment on column public.employees.hourly_rate is 'Pay in cents per hour; NULL when unknown, salaried or flat rate. Base of assigned labor cost.';
comment on column public.employees.salary is 'Pay in cents per year; NULL when not salaried or unknown.';
comment on column public.employees.pay_type is 'TM pay type code: FLAT, HOURLY or SALARY; NULL when unknown.';
comment on column public.employees.can_perform_work is 'true when this person does labor; part of the shop mean cost; NULL when unknown.';
comment on column public.employees.is_placeholder is 'true: created because an RO named this id; filled by the employee list later.';
comment on column public.employees.tm_extra is 'What TM returned and has no column of its own; never secrets.';
comment on column public.employees.tm_created_at is 'createdDate of TM (UTC).';
comment on column public.employees.tm_updated_at is 'updatedDate of TM (UTC).';
comment on column public.employees.created_at is 'When this row was first written here (UTC).';
comment on column public.employees.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
