-- Reconciliation: which days TM's own profit report has confirmed, and a seal on what was stored of each RO, so that a
-- change that did not come through apply_repair_order is found.
-- Relies on 005, 011, 012 and 014. A new table; one column without default on a narrow table (no rewrite, a short
-- lock); ROs written before have no seal until they are written again, and the checks of seals pass them over.

alter table public.repair_order_reads add column seal jsonb;
comment on column public.repair_order_reads.seal is
  'What ro_seals said of the RO right after it was written: a fingerprint per table. NULL for ROs written before there were seals.';

create table public.reconciliations (
  shop_id       uuid not null references public.shops (id),
  metric_date   date not null,
  state         text not null,
  reason        text,
  tm_ros        integer not null default 0,
  local_ros     integer not null default 0,
  completed_ros integer not null default 0,
  differences   jsonb not null default '[]'::jsonb,
  run_id        uuid,
  listed_at     timestamptz not null,
  reconciled_at timestamptz not null default now(),
  changed_at    timestamptz,
  primary key (shop_id, metric_date),
  check (state in ('proven', 'differs', 'not_yet')),
  check ((state = 'not_yet') = (reason is not null)),
  check (state <> 'proven' or differences = '[]'::jsonb),
  check (jsonb_typeof(differences) = 'array')
);

create index reconciliations_unproven_idx on public.reconciliations (shop_id, metric_date) where state <> 'proven';
create index reconciliations_run_id_idx on public.reconciliations (run_id);

comment on table public.reconciliations is
  'The newest comparison of each shop-local day with TM''s profit report. Read it through reconciliation_days, which also sees what is waiting to be computed.';
comment on column public.reconciliations.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.reconciliations.metric_date is 'Shop-local calendar day.';
comment on column public.reconciliations.state is
  'proven: every posted RO agrees with TM''s report and the built-in checks find nothing; differs: see differences; not_yet: see reason.';
comment on column public.reconciliations.reason is
  'Why not yet: resyncing (ROs are being read again), listing_incomplete (TM''s report could not be read whole), work_pending (snapshots or the day were still to be computed), changed_since (a figure changed after the proof), timezone_changed. NULL otherwise.';
comment on column public.reconciliations.tm_ros is 'ROs that TM''s report lists as posted that day.';
comment on column public.reconciliations.local_ros is '[DERIVED] snapshots counted here as posted that day.';
comment on column public.reconciliations.completed_ros is
  '[DERIVED] snapshots counted here as completed that day: not posted yet, so TM''s report cannot confirm them.';
comment on column public.reconciliations.differences is
  'What differs, [{kind: missing|extra|figure|check, ro, ro_number, column, tm, here, action, resynced}]; empty when nothing does. Money in cents.';
comment on column public.reconciliations.run_id is 'Run that compared; no foreign key, the log has its own retention.';
comment on column public.reconciliations.listed_at is 'When reading the report began (UTC): what TM knew until then is what was compared.';
comment on column public.reconciliations.reconciled_at is 'When it was compared (UTC).';
comment on column public.reconciliations.changed_at is 'When a figure here changed after the proof (UTC); NULL while it stands.';

alter table public.reconciliations enable row level security;
revoke all on public.reconciliations from public, anon, authenticated;
grant all on public.reconciliations to service_role;
create policy reconciliations_service on public.reconciliations for all to service_role using (true) with check (true);
grant select on public.reconciliations to authenticated;
create policy reconciliations_members on public.reconciliations for select to authenticated
  using (shop_id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));

-- A proof is about the figures that were compared. Triggers, because it must end whoever changes them.
create function public.end_proof_of_snapshot()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if not exists (
    select from public.reconciliations r
     where r.shop_id = coalesce(new.shop_id, old.shop_id)
       and r.metric_date in (old.snapshot_date, new.snapshot_date)
       and r.state = 'proven'
  ) or public.snapshot_day_figures(old) is not distinct from public.snapshot_day_figures(new) then
    return null;
  end if;
  update public.reconciliations r
     set state = 'not_yet', reason = 'changed_since', changed_at = clock_timestamp()
   where r.shop_id = coalesce(new.shop_id, old.shop_id)
     and r.metric_date in (old.snapshot_date, new.snapshot_date)
     and r.state = 'proven';
  return null;
end
$$;

comment on function public.end_proof_of_snapshot() is
  'Trigger of ro_snapshots: a changed figure of a counted snapshot ends the proof of its day.';

create trigger ro_snapshots_end_proof_insert after insert on public.ro_snapshots
  for each row when (new.counted) execute function public.end_proof_of_snapshot();
create trigger ro_snapshots_end_proof_update after update on public.ro_snapshots
  for each row when (old.counted or new.counted) execute function public.end_proof_of_snapshot();
create trigger ro_snapshots_end_proof_delete after delete on public.ro_snapshots
  for each row when (old.counted) execute function public.end_proof_of_snapshot();

create function public.end_proof_of_day()
returns trigger
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if to_jsonb(old) - array['id', 'created_at', 'updated_at']
     is distinct from to_jsonb(new) - array['id', 'created_at', 'updated_at'] then
    update public.reconciliations r
       set state = 'not_yet', reason = 'changed_since', changed_at = clock_timestamp()
     where r.shop_id = coalesce(new.shop_id, old.shop_id)
       and r.metric_date in (old.metric_date, new.metric_date)
       and r.state = 'proven';
  end if;
  return null;
end
$$;

comment on function public.end_proof_of_day() is
  'Trigger of daily_shop_metrics: a changed figure of a day ends its proof.';

create trigger daily_shop_metrics_end_proof after insert or update or delete on public.daily_shop_metrics
  for each row execute function public.end_proof_of_day();

revoke execute on function public.end_proof_of_snapshot() from public, anon, authenticated;
grant execute on function public.end_proof_of_snapshot() to service_role;
revoke execute on function public.end_proof_of_day() from public, anon, authenticated;
grant execute on function public.end_proof_of_day() to service_role;
