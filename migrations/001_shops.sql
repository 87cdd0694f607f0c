-- Shops: one row per TM location; everything else belongs to exactly one shop.
-- Relies on nothing. New table, no lock on existing data.

create table public.shops (
  id                       uuid primary key default gen_random_uuid(),
  tm_id                    bigint not null unique,
  name                     text not null,
  timezone                 text not null default 'America/New_York',
  default_labor_rate       integer,
  parts_margin             numeric(6,2),
  tax_rate                 numeric(8,5),
  default_tech_hourly_cost integer not null default 2500,
  sync_enabled             boolean not null default true,
  paused_at                timestamptz,
  pause_reason             text,
  features                 jsonb not null default '{}'::jsonb,
  tm_metadata              jsonb not null default '{}'::jsonb,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now(),
  check (default_tech_hourly_cost >= 0),
  check (jsonb_typeof(features) = 'object')
);

comment on table public.shops is
  'One TM location. tm_id is the number TM uses; id is ours. The time zone decides every shop-local date.';
comment on column public.shops.id is 'Our key; other tables link to it.';
comment on column public.shops.tm_id is 'TM''s shop number.';
comment on column public.shops.name is 'Name shown to people.';
comment on column public.shops.timezone is 'IANA time zone; every DATE column of this shop is a calendar day in it.';
comment on column public.shops.default_labor_rate is 'Retail labor rate in cents per hour; NULL when unknown.';
comment on column public.shops.parts_margin is 'Target parts margin in percent; NULL when unknown.';
comment on column public.shops.tax_rate is 'Sales tax as a ratio (0.065 = 6.5 %); NULL when unknown.';
comment on column public.shops.default_tech_hourly_cost is 'Cents per hour used as labor cost when neither the technician nor the shop mean has a rate.';
comment on column public.shops.sync_enabled is 'false: no schedule of this shop enqueues anything.';
comment on column public.shops.paused_at is 'When queue work of the shop was paused (a refused token); NULL while it runs.';
comment on column public.shops.pause_reason is 'Why it is paused, for people; NULL while it runs.';
comment on column public.shops.features is 'Phased rollout flags of this shop, an object.';
comment on column public.shops.tm_metadata is 'What TM says about the shop, as sent.';
comment on column public.shops.created_at is 'When this row was first written here (UTC).';
comment on column public.shops.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';
