-- Customers: personal data, read by members of the shop only; customers_analytics is the view without it.
-- Relies on 001. New table, no lock on existing data.

create table public.customers (
  id                   uuid primary key default gen_random_uuid(),
  shop_id              uuid not null references public.shops (id),
  tm_id                bigint not null,
  first_name           text,
  last_name            text,
  company_name         text,
  email                text[],
  phone_primary        text,
  phone_primary_type   text,
  phone_secondary      text,
  phone_secondary_type text,
  address1             text,
  address2             text,
  city                 text,
  state                text,
  zip                  text,
  country              text,
  customer_type_id     integer,
  customer_type        text,
  tax_exempt           boolean,
  ok_for_marketing     boolean,
  notes                text,
  is_placeholder       boolean not null default false,
  tm_extra             jsonb not null default '{}'::jsonb,
  tm_updated_at        timestamptz,
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now(),
  unique (shop_id, tm_id)
);

comment on table public.customers is
  'People and companies that bring vehicles. Personal data. Never deleted here.';
comment on column public.customers.id is 'Our key; other tables link to it.';
comment on column public.customers.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.customers.tm_id is 'TM''s global id of the customer; unique within the shop.';
comment on column public.customers.first_name is 'First name.';
comment on column public.customers.last_name is 'Last name.';
comment on column public.customers.company_name is 'Company, for business customers.';
comment on column public.customers.email is 'All e-mail addresses; NULL when TM did not say, empty when TM says there are none.';
comment on column public.customers.phone_primary is 'First (primary) phone number, as TM sends it.';
comment on column public.customers.phone_primary_type is 'Kind of the first phone: Mobile, Home …';
comment on column public.customers.phone_secondary is 'Second phone number.';
comment on column public.customers.phone_secondary_type is 'Kind of the second phone.';
comment on column public.customers.address1 is 'Street line 1.';
comment on column public.customers.address2 is 'Street line 2.';
comment on column public.customers.city is 'City.';
comment on column public.customers.state is 'State.';
comment on column public.customers.zip is 'Postal code.';
comment on column public.customers.country is 'Country.';
comment on column public.customers.customer_type_id is 'TM customer type: 1 person, 2 business.';
comment on column public.customers.customer_type is 'TM customer type name.';
comment on column public.customers.tax_exempt is 'true when no sales tax is charged.';
comment on column public.customers.ok_for_marketing is 'Consent to marketing; NULL when not asked.';
comment on column public.customers.notes is 'Free text of the shop.';
comment on column public.customers.is_placeholder is 'true: known only by what an RO says; completed by the customer list.';
comment on column public.customers.tm_extra is 'What TM returned and has no column of its own; never secrets.';
comment on column public.customers.tm_updated_at is 'updatedDate of TM (UTC).';
comment on column public.customers.created_at is 'When this row was first written here (UTC).';
comment on column public.customers.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
