-- Backfills: what was asked for, and how far each window of days got. Durable, so that a killed process goes on where
-- it was: the key of the next page is written in the transaction that plans the ROs of the page before.
-- Relies on 001, 014, 015. New tables, no lock on existing data.

create table public.backfills (
  id          uuid primary key default gen_random_uuid(),
  shop_id     uuid not null references public.shops (id),
  from_date   date not null,
  to_date     date not null,
  window_days integer not null default 1,
  trigger     text not null,
  forecast    jsonb not null default '{}'::jsonb,
  status      text not null default 'open',
  started_at  timestamptz not null default now(),
  finished_at timestamptz,
  check (from_date <= to_date),
  check (window_days between 1 and 31),
  check (status in ('open', 'finished')),
  check (trigger in ('cli', 'api')),
  check ((status = 'finished') = (finished_at is not null))
);

create unique index backfills_one_open_idx on public.backfills (shop_id) where status = 'open';
create index backfills_shop_started_idx on public.backfills (shop_id, started_at desc);

comment on table public.backfills is
  'Requests to read all posted ROs of a range of days, newest day first. A shop has at most one open.';
comment on column public.backfills.id is 'The backfill id.';
comment on column public.backfills.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.backfills.from_date is 'First shop-local day, included.';
comment on column public.backfills.to_date is 'Last shop-local day, included; its window comes first.';
comment on column public.backfills.window_days is 'Days per window.';
comment on column public.backfills.trigger is 'Who asked: cli or api.';
comment on column public.backfills.forecast is 'What was expected before it started: ROs, calls, minutes.';
comment on column public.backfills.status is 'open, or finished: every window is done or has failed.';
comment on column public.backfills.started_at is 'When it was asked for (UTC).';
comment on column public.backfills.finished_at is 'When its last window ended (UTC); NULL while open.';

create table public.backfill_windows (
  backfill_id uuid not null references public.backfills (id) on delete cascade,
  position    integer not null,
  shop_id     uuid not null,
  from_date   date not null,
  to_date     date not null,
  status      text not null default 'waiting',
  run_id      uuid,
  pages       integer not null default 0,
  next_keys   text,
  listed      integer not null default 0,
  truncated   boolean not null default false,
  failed_ros  integer not null default 0,
  error       jsonb,
  started_at  timestamptz,
  finished_at timestamptz,
  primary key (backfill_id, position),
  check (status in ('waiting', 'listing', 'syncing', 'done', 'failed')),
  check (from_date <= to_date)
);

create index backfill_windows_unfinished_idx on public.backfill_windows (backfill_id, position)
  where status in ('waiting', 'listing', 'syncing');

comment on table public.backfill_windows is
  'The windows of a backfill, newest first, each with its own run. Only the functions of the backfill write it.';
comment on column public.backfill_windows.backfill_id is 'The backfill.';
comment on column public.backfill_windows.position is 'Order of work; 0 is the newest window.';
comment on column public.backfill_windows.shop_id is 'Shop of the backfill, repeated for row-level security; no foreign key of its own.';
comment on column public.backfill_windows.from_date is 'First shop-local day, included.';
comment on column public.backfill_windows.to_date is 'Last shop-local day, included.';
comment on column public.backfill_windows.status is 'waiting, listing, syncing (all pages read, ROs still open), done, failed (its listing cannot be read).';
comment on column public.backfill_windows.run_id is 'Run of this window (sync_log); no foreign key, the log is purged earlier. NULL before it begins.';
comment on column public.backfill_windows.pages is 'Pages of the report whose ROs are planned.';
comment on column public.backfill_windows.next_keys is 'TM''s key of the next page, as it is sent back; NULL before the first page and after the last.';
comment on column public.backfill_windows.listed is 'ROs on those pages.';
comment on column public.backfill_windows.truncated is 'true when TM''s paging broke off although it claimed more.';
comment on column public.backfill_windows.failed_ros is 'ROs of the window that could not be synced, counted when it ended.';
comment on column public.backfill_windows.error is 'Why the listing failed; NULL otherwise.';
comment on column public.backfill_windows.started_at is 'When its listing began (UTC).';
comment on column public.backfill_windows.finished_at is 'When its last RO was settled, or it failed (UTC).';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['backfills', 'backfill_windows'] loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant all on public.%I to service_role', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
    execute format(
      'create policy %I on public.%I for all to service_role using (true) with check (true)',
      v_table || '_service', v_table);
    execute format(
      'create policy %I on public.%I for select to authenticated using (shop_id in '
      '(select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())))',
      v_table || '_members', v_table);
  end loop;
end
$$;
