-- Run accounting: each RO of a run has exactly one outcome, however often its queue job ran.
-- Relies on 014. New table, no lock on existing data.

create table public.sync_run_items (
  run_id       uuid not null references public.sync_log (id) on delete cascade,
  shop_id      uuid not null,
  ro_tm_id     bigint not null,
  outcome      text not null default 'pending',
  requested_at timestamptz not null default now(),
  settled_at   timestamptz,
  reason       text,
  details      jsonb,
  primary key (run_id, ro_tm_id),
  check (outcome in ('pending', 'created', 'updated', 'unchanged', 'stale', 'deleted', 'skipped', 'failed')),
  check ((outcome = 'pending') = (settled_at is null))
);

create index sync_run_items_pending_idx on public.sync_run_items (shop_id, ro_tm_id) where outcome = 'pending';
create index sync_run_items_pending_age_idx on public.sync_run_items (requested_at) where outcome = 'pending';
create index sync_run_items_failed_idx on public.sync_run_items (shop_id, ro_tm_id) where outcome = 'failed';

comment on table public.sync_run_items is
  'Outcome of each RO of a run; (run, RO) is unique, so counts add up and count each RO once.';
comment on column public.sync_run_items.run_id is 'Run (sync_log).';
comment on column public.sync_run_items.shop_id is 'Shop of the run, repeated for row-level security; no foreign key of its own.';
comment on column public.sync_run_items.ro_tm_id is 'TM''s id of the RO.';
comment on column public.sync_run_items.outcome is 'pending, created, updated, unchanged, stale, deleted, skipped or failed.';
comment on column public.sync_run_items.requested_at is 'When the RO was put on the run (UTC); a read begun later settles it.';
comment on column public.sync_run_items.settled_at is 'When the outcome was known (UTC); NULL while pending.';
comment on column public.sync_run_items.reason is 'Error code of a failure; NULL otherwise.';
comment on column public.sync_run_items.details is 'What a person needs to understand the failure: class, field paths; no payload.';

alter table public.sync_run_items enable row level security;
revoke all on public.sync_run_items from public, anon, authenticated;
grant all on public.sync_run_items to service_role;
create policy sync_run_items_service on public.sync_run_items for all to service_role using (true) with check (true);
grant select on public.sync_run_items to authenticated;
create policy sync_run_items_members on public.sync_run_items for select to authenticated
  using (shop_id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));
