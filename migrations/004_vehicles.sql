-- Vehicles of customers.
-- Relies on 001 and 003. New table, no lock on existing data.

create table public.vehicles (
  id             uuid primary key default gen_random_uuid(),
  shop_id        uuid not null references public.shops (id),
  tm_id          bigint not null,
  customer_id    uuid references public.customers (id) on delete set null,
  customer_tm_id bigint,
  year           integer,
  make           text,
  make_id        bigint,
  model          text,
  model_id       bigint,
  sub_model      text,
  sub_model_id   bigint,
  engine         text,
  engine_id      bigint,
  vin            text,
  license_plate  text,
  license_state  text,
  unit_number    text,
  color          text,
  odometer       numeric,
  notes          text,
  is_placeholder boolean not null default false,
  tm_extra       jsonb not null default '{}'::jsonb,
  tm_updated_at  timestamptz,
  created_at     timestamptz not null default now(),
  updated_at     timestamptz not null default now(),
  unique (shop_id, tm_id)
);

create index vehicles_customer_id_idx on public.vehicles (customer_id);

comment on table public.vehicles is
  'Vehicles seen on ROs or in the vehicle list. Never deleted here; archived in TM keeps its row.';
comment on column public.vehicles.id is 'Our key; other tables link to it.';
comment on column public.vehicles.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.vehicles.tm_id is 'TM''s global id of the vehicle; unique within the shop.';
comment on column public.vehicles.customer_id is 'Owner; NULL until the customer is known.';
comment on column public.vehicles.customer_tm_id is 'TM id of the owner, also when the customer row is not here yet.';
comment on column public.vehicles.year is 'Model year.';
comment on column public.vehicles.make is 'Make name.';
comment on column public.vehicles.make_id is 'TM id of the make; NULL when TM sent a plain text.';
comment on column public.vehicles.model is 'Model name.';
comment on column public.vehicles.model_id is 'TM id of the model; NULL when TM sent a plain text.';
comment on column public.vehicles.sub_model is 'Sub model name.';
comment on column public.vehicles.sub_model_id is 'TM id of the sub model; NULL when TM sent a plain text.';
comment on column public.vehicles.engine is 'Engine name.';
comment on column public.vehicles.engine_id is 'TM id of the engine; NULL when TM sent a plain text.';
comment on column public.vehicles.vin is 'Vehicle identification number; may be empty.';
comment on column public.vehicles.license_plate is 'Plate.';
comment on column public.vehicles.license_state is 'State of the plate.';
comment on column public.vehicles.unit_number is 'Fleet unit number.';
comment on column public.vehicles.color is 'Colour.';
comment on column public.vehicles.odometer is 'Last odometer reading in the unit the shop uses.';
comment on column public.vehicles.notes is 'Free text of the shop.';
comment on column public.vehicles.is_placeholder is 'true: known only by what an RO says; completed by the vehicle list.';
comment on column public.vehicles.tm_extra is 'What TM returned and has no column of its own; never secrets.';
comment on column public.vehicles.tm_updated_at is 'updatedDate of TM (UTC).';
comment on column public.vehicles.created_at is 'When this row was first written here (UTC).';
comment on column public.vehicles.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
