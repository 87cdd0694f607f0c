-- Customers and vehicles that only an RO (or a vehicle's owner) names are asked for once by id, when no list shows them.
-- Relies on 003 and 004. Adds nullable columns and small partial indexes: a short lock on both tables, no rewrite.

alter table public.customers add column looked_up_at timestamptz;
alter table public.vehicles add column looked_up_at timestamptz;

comment on column public.customers.looked_up_at is
  'When TM was asked for this placeholder by id and had no usable record (UTC); NULL: never. It is not asked again; a list still fills it.';
comment on column public.vehicles.looked_up_at is
  'When TM was asked for this placeholder by id and had no usable record (UTC); NULL: never. It is not asked again; a list still fills it.';

create index customers_unknown_idx on public.customers (shop_id, created_at)
  where is_placeholder and looked_up_at is null;
create index vehicles_unknown_idx on public.vehicles (shop_id, created_at)
  where is_placeholder and looked_up_at is null;
