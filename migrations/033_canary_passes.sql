-- When a canary last came through each queue: what /readyz and the alerts believe.
-- Relies on nothing. New table, no lock on existing data.

create table public.canary_passes (
  queue     text primary key,
  passed_at timestamptz not null default now()
);

comment on table public.canary_passes is
  'The last canary of each queue: a queue job that a worker took out of the queue and that wrote this row. Service role only.';
comment on column public.canary_passes.queue is 'Name of the queue.';
comment on column public.canary_passes.passed_at is 'When the canary wrote this, by the clock of the database (UTC).';

alter table public.canary_passes enable row level security;
revoke all on public.canary_passes from public, anon, authenticated;
grant all on public.canary_passes to service_role;
create policy canary_passes_service on public.canary_passes for all to service_role using (true) with check (true);
