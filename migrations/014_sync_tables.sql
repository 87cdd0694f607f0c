-- Sync state: cursors, the log of runs, and raw answers of TM kept for a week.
-- Relies on 001. New tables, no lock on existing data.

create table public.sync_cursors (
  shop_id     uuid not null references public.shops (id),
  entity_type text not null,
  cursor_at   timestamptz,
  state       jsonb not null default '{}'::jsonb,
  updated_at  timestamptz not null default now(),
  primary key (shop_id, entity_type)
);

comment on table public.sync_cursors is
  'How far each kind of listing got per shop. Only advance_cursor writes it; it never goes back.';
comment on column public.sync_cursors.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.sync_cursors.entity_type is 'What is listed, e.g. repair-orders:ACTIVE.';
comment on column public.sync_cursors.cursor_at is 'Everything the listing showed up to here was enqueued; NULL before the first.';
comment on column public.sync_cursors.state is 'What a resumable listing needs to go on, an object.';
comment on column public.sync_cursors.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';

create table public.sync_log (
  id          uuid primary key default gen_random_uuid(),
  shop_id     uuid not null references public.shops (id),
  kind        text not null,
  trigger     text not null,
  params      jsonb not null default '{}'::jsonb,
  request_key text unique,
  status      text not null default 'listing',
  listing     jsonb not null default '{}'::jsonb,
  truncated   boolean not null default false,
  fetched     integer not null default 0,
  created     integer not null default 0,
  updated     integer not null default 0,
  unchanged   integer not null default 0,
  stale       integer not null default 0,
  deleted     integer not null default 0,
  skipped     integer not null default 0,
  failed      integer not null default 0,
  error       jsonb,
  started_at  timestamptz not null default now(),
  listed_at   timestamptz,
  finished_at timestamptz,
  check (status in ('listing', 'syncing', 'finished', 'failed')),
  check (trigger in ('schedule', 'cli', 'api', 'webhook', 'sweep'))
);

create index sync_log_shop_started_idx on public.sync_log (shop_id, started_at desc);
create index sync_log_open_idx on public.sync_log (started_at) where status in ('listing', 'syncing');
create index sync_log_finished_at_idx on public.sync_log (finished_at);

comment on table public.sync_log is
  'One sync run per row. While a run is open its counts live in sync_run_items; finish_run stores them here.';
comment on column public.sync_log.id is 'The run id.';
comment on column public.sync_log.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.sync_log.kind is 'What was synced: repair-orders, employees, customers, vehicles …';
comment on column public.sync_log.trigger is 'Who asked: schedule, cli, api, webhook or sweep.';
comment on column public.sync_log.params is 'Parameters of the request, an object without personal data.';
comment on column public.sync_log.request_key is 'Same key, same run: a retried queue job does not open a second one.';
comment on column public.sync_log.status is 'listing (still finding work), syncing (list closed, items open), finished, failed.';
comment on column public.sync_log.listing is 'What the listing saw: pages, seen, truncated, sources.';
comment on column public.sync_log.truncated is 'true when the listing hit a page cap and is known to be incomplete.';
comment on column public.sync_log.fetched is 'Items of the run; the sum of all outcomes.';
comment on column public.sync_log.created is 'ROs new here.';
comment on column public.sync_log.updated is 'ROs changed.';
comment on column public.sync_log.unchanged is 'ROs read and found equal.';
comment on column public.sync_log.stale is 'Reads refused because a newer one was stored.';
comment on column public.sync_log.deleted is 'ROs found deleted.';
comment on column public.sync_log.skipped is 'ROs seen and not read.';
comment on column public.sync_log.failed is 'ROs that could not be synced.';
comment on column public.sync_log.error is 'Why the run itself failed; NULL otherwise.';
comment on column public.sync_log.started_at is 'When the run was opened (UTC).';
comment on column public.sync_log.listed_at is 'When the listing was complete (UTC).';
comment on column public.sync_log.finished_at is 'When the last item was settled, or the run failed (UTC).';

create table public.tm_raw_payloads (
  id           uuid primary key default gen_random_uuid(),
  shop_id      uuid not null references public.shops (id),
  entity_type  text not null,
  entity_tm_id bigint,
  payload      jsonb not null,
  run_id       uuid,
  fetched_at   timestamptz not null default now(),
  expires_at   timestamptz not null default now() + interval '7 days'
);

create index tm_raw_payloads_entity_idx on public.tm_raw_payloads (shop_id, entity_type, entity_tm_id, fetched_at desc);
create index tm_raw_payloads_expires_at_idx on public.tm_raw_payloads (expires_at);

comment on table public.tm_raw_payloads is
  'Raw answers of TM, for forensics; service role only; purged after seven days.';
comment on column public.tm_raw_payloads.id is 'Our key; other tables link to it.';
comment on column public.tm_raw_payloads.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.tm_raw_payloads.entity_type is 'What was read: repair-order, estimate, profit-labor …';
comment on column public.tm_raw_payloads.entity_tm_id is 'TM id of what was read.';
comment on column public.tm_raw_payloads.payload is 'The answer, without secrets (nonce and tokens removed).';
comment on column public.tm_raw_payloads.run_id is 'Run that read it; no foreign key, the log has its own retention.';
comment on column public.tm_raw_payloads.fetched_at is 'When it was read (UTC).';
comment on column public.tm_raw_payloads.expires_at is 'When purge_expired may remove it (UTC).';
