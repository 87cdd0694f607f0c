-- What could not be synced and why, what TM no longer has, and the answers that prove it: quarantine, drift of TM's
-- fields, deletions with the question they may raise, and raw answers that know their content.
-- Relies on 005 and 014-016. New tables; two new columns each on tm_raw_payloads and sync_log without a rewrite; the
-- partial index on repair_orders reads the table once and holds few rows.

alter table public.tm_raw_payloads add column content_hash text;
alter table public.tm_raw_payloads add column cause jsonb;
comment on column public.tm_raw_payloads.content_hash is
  'What the answers amount to: the content_hash of the RO they were stored as, or a hash of the refused answers. Equal answers are kept once.';
comment on column public.tm_raw_payloads.cause is
  'Why the answers were refused; NULL for answers that were stored.';
comment on column public.tm_raw_payloads.payload is
  'The answers without secrets (nonce and tokens removed): {encoding: gzip+base64, data, bytes (of the JSON text)}.';
comment on column public.tm_raw_payloads.entity_type is 'What was read: repair-order (header, estimate and profit/labor of one read).';
comment on column public.tm_raw_payloads.fetched_at is 'When TM last gave these answers, by the reader clock (UTC).';

alter table public.sync_log add column deletions_held integer not null default 0;
comment on column public.sync_log.deletions_held is
  'Deletions this run would have made and did not, because they were too many at once; a person decides (repair_order_deletions).';

create index repair_orders_missing_idx on public.repair_orders (missing_since)
  where missing_since is not null and status_id <> 7;

create table public.ro_quarantine (
  shop_id          uuid not null references public.shops (id),
  ro_tm_id         bigint not null,
  ro_number        bigint,
  since            timestamptz not null default now(),
  last_refused_at  timestamptz not null default now(),
  fetched_at       timestamptz not null,
  refusals         integer not null default 1,
  reason           text not null,
  cause            jsonb not null,
  authorized_total integer,
  raw_payload_id   uuid,
  run_id           uuid,
  primary key (shop_id, ro_tm_id),
  check (jsonb_typeof(cause) = 'object')
);

comment on table public.ro_quarantine is
  'ROs whose newest answer could not be stored (class data). A row goes when a later read of the RO is stored. Read it through the view quarantined_repair_orders.';
comment on column public.ro_quarantine.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.ro_quarantine.ro_tm_id is 'TM''s id of the RO; the warehouse may not have it at all.';
comment on column public.ro_quarantine.ro_number is 'The number people say, as far as the refused answer tells; else NULL.';
comment on column public.ro_quarantine.since is 'First refusal in a row (UTC).';
comment on column public.ro_quarantine.last_refused_at is 'Newest refusal (UTC).';
comment on column public.ro_quarantine.fetched_at is 'When the refused read began, by the reader clock; a stored read that began later ends the quarantine.';
comment on column public.ro_quarantine.refusals is 'How often it was refused in a row.';
comment on column public.ro_quarantine.reason is 'One line for people: code, message, field paths.';
comment on column public.ro_quarantine.cause is 'The same as an object: code, class, message, issues [{path, message}].';
comment on column public.ro_quarantine.authorized_total is
  '[AUTHORIZED] cents with fees and tax, authorizedTotal of the refused answer where that one field can be read; else NULL.';
comment on column public.ro_quarantine.raw_payload_id is 'The refused answers in tm_raw_payloads; NULL when there was no answer to keep. No foreign key: they have their own retention.';
comment on column public.ro_quarantine.run_id is 'Run of the newest refusal; no foreign key, the log has its own retention.';

create table public.tm_field_drift (
  shop_id       uuid not null references public.shops (id),
  kind          text not null,
  path          text not null,
  first_seen_at timestamptz not null default now(),
  last_seen_at  timestamptz not null default now(),
  reports       integer not null default 1,
  ro_tm_id      bigint,
  accepted_at   timestamptz,
  primary key (shop_id, kind, path),
  check (kind in ('unknown', 'gone', 'refused'))
);

comment on table public.tm_field_drift is
  'Fields of TM''s answers that are not as this release knows them, one row per field. Holds no values.';
comment on column public.tm_field_drift.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.tm_field_drift.kind is
  'unknown: a field nobody documented (kept in tm_extra); gone: a field that money hangs on was in no place of an answer; refused: a field in a form we do not take. The last two keep the RO in quarantine.';
comment on column public.tm_field_drift.path is 'Where, with * for positions in lists, e.g. estimate.jobs.*.parts.*.retail.';
comment on column public.tm_field_drift.first_seen_at is 'First report (UTC).';
comment on column public.tm_field_drift.last_seen_at is 'Newest report (UTC).';
comment on column public.tm_field_drift.reports is 'How often it was reported: unknown fields once per worker process, the others once per refused read.';
comment on column public.tm_field_drift.ro_tm_id is 'An RO that showed it, as an example.';
comment on column public.tm_field_drift.accepted_at is 'When a person decided to go on without a field that is gone; NULL otherwise.';

create table public.repair_order_deletions (
  shop_id     uuid not null references public.shops (id),
  ro_tm_id    bigint not null,
  run_id      uuid,
  cause       text not null,
  state       text not null,
  counted     boolean not null,
  observed_at timestamptz not null,
  decided_at  timestamptz not null default now(),
  previous    jsonb not null default '{}'::jsonb,
  primary key (shop_id, ro_tm_id),
  check (cause in ('status', 'absent')),
  check (state in ('held', 'confirmed', 'deleted', 'undone', 'restored'))
);

create index repair_order_deletions_open_idx on public.repair_order_deletions (shop_id, decided_at)
  where state in ('held', 'confirmed');
create index repair_order_deletions_decided_idx on public.repair_order_deletions (shop_id, decided_at desc)
  where state = 'deleted';

comment on table public.repair_order_deletions is
  'The newest deletion of each RO: done, or held because too many came at once (G11), and what a person decided.';
comment on column public.repair_order_deletions.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.repair_order_deletions.ro_tm_id is 'TM''s id of the RO.';
comment on column public.repair_order_deletions.run_id is 'Run that deleted or would have; NULL for a look of its own. No foreign key, the log has its own retention.';
comment on column public.repair_order_deletions.cause is 'status: TM says DELETED (7); absent: TM answered 404 in two passes.';
comment on column public.repair_order_deletions.state is
  'held (waits for a person), confirmed (a person agreed; the next look deletes), deleted, undone (a person brought it back; deleting again asks), restored (TM shows it again).';
comment on column public.repair_order_deletions.counted is 'true when the RO counted in a metric, or when it is gone without TM saying so.';
comment on column public.repair_order_deletions.observed_at is 'When the look at TM began, by the reader clock (UTC).';
comment on column public.repair_order_deletions.decided_at is 'When the row got its state (UTC).';
comment on column public.repair_order_deletions.previous is 'Status and dates of the RO before the deletion, for undo.';

do $$
declare
  v_table text;
begin
  foreach v_table in array array['ro_quarantine', 'tm_field_drift', 'repair_order_deletions'] loop
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
