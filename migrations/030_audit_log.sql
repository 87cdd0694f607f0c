-- Who did what, when, with what outcome: every act of an operator over the API and Bull Board. Service role only.
-- Relies on nothing. New table, no lock on existing data.

create table public.audit_log (
  id         bigint generated always as identity primary key,
  at         timestamptz not null,
  actor_kind text not null,
  actor_id   text not null,
  actor_name text,
  act        text not null,
  shop_id    uuid,
  target     jsonb not null default '{}'::jsonb,
  status     integer not null,
  request_id text not null,
  check (actor_kind in ('user', 'key')),
  check (jsonb_typeof(target) = 'object')
);

create index audit_log_at_idx on public.audit_log (at);
create index audit_log_actor_idx on public.audit_log (actor_id, at);

comment on table public.audit_log is
  'Acts of operators: requests that change something, done or refused, by a person or a machine key. Kept for 400 days.';
comment on column public.audit_log.id is 'Order of arrival.';
comment on column public.audit_log.at is 'When it was asked for, by the clock of the API process (UTC).';
comment on column public.audit_log.actor_kind is 'user (a signed-in person) or key (a machine key).';
comment on column public.audit_log.actor_id is 'auth.users id or machine_keys id.';
comment on column public.audit_log.actor_name is 'Name of the machine key; NULL for people, whose id is enough.';
comment on column public.audit_log.act is 'Method and route, for example POST /api/sync/repair-orders/{ro_id}.';
comment on column public.audit_log.shop_id is 'The shop concerned; NULL when the act concerns none or all. No foreign key: the log outlives the shop.';
comment on column public.audit_log.target is 'Parameters of the act: ids, days, counts; no secrets, no personal data.';
comment on column public.audit_log.status is 'HTTP status of the answer: 2xx done, 4xx refused, 5xx failed.';
comment on column public.audit_log.request_id is 'Request id, as in the log lines and in the answer.';

alter table public.audit_log enable row level security;
revoke all on public.audit_log from public, anon, authenticated;
grant all on public.audit_log to service_role;
create policy audit_log_service on public.audit_log for all to service_role using (true) with check (true);
