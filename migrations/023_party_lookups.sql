-- Customers and vehicles that only an RO (or a vehicle's owner) names are asked for once by id, when no list shows them.
-- Relies on 003, 004 and 016. Adds nullable columns and small partial indexes: a short lock on both tables, no rewrite.

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

comment on table public.sync_run_items is
  'Outcome of each RO of a run; (run, RO) is unique, so counts add up and count each RO once. Runs of employees, customers and vehicles keep those they created or updated here.';
comment on column public.sync_run_items.ro_tm_id is
  'TM''s id of the RO; in runs of employees, customers and vehicles the id of those.';
