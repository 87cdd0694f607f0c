-- Requests to the API that carried an Idempotency-Key, with their answers: the same key gets the same answer, also after
-- a restart. Kept for a day. Service role only.
-- Relies on nothing. New table, no lock on existing data.

create table public.api_requests (
  caller      text not null,
  key_hash    text not null,
  fingerprint text not null,
  claim       uuid not null default gen_random_uuid(),
  claimed_at  timestamptz not null default now(),
  status      integer,
  answer      jsonb,
  answered_at timestamptz,
  primary key (caller, key_hash),
  check ((status is null) = (answered_at is null))
);

create index api_requests_claimed_at_idx on public.api_requests (claimed_at);

comment on table public.api_requests is
  'Requests that carried an Idempotency-Key: claimed before they are done, then kept with their answer for a day.';
comment on column public.api_requests.caller is 'Whose key it is: user:<id> or key:<id>. Two callers may use the same key.';
comment on column public.api_requests.key_hash is 'SHA-256 of the Idempotency-Key, hex.';
comment on column public.api_requests.fingerprint is 'SHA-256 of route and parameters, hex: the same key with other parameters is refused.';
comment on column public.api_requests.claim is 'Identity of this piece of work; the run it opens carries it as request key, so a second try opens no second run.';
comment on column public.api_requests.claimed_at is 'When somebody last began to do it (UTC).';
comment on column public.api_requests.status is 'HTTP status of the answer; NULL while it is being done.';
comment on column public.api_requests.answer is 'Body of the answer: ids and counts, no personal data.';
comment on column public.api_requests.answered_at is 'When the answer was known (UTC); NULL while it is being done.';

alter table public.api_requests enable row level security;
revoke all on public.api_requests from public, anon, authenticated;
grant all on public.api_requests to service_role;
create policy api_requests_service on public.api_requests for all to service_role using (true) with check (true);
