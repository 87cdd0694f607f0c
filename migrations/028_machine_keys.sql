-- Keys for programs that call the API: stored as a hash, scoped to a role and to shops, revocable. Service role only.
-- Relies on 001. New table, no lock on existing data.

create table public.machine_keys (
  id           uuid primary key default gen_random_uuid(),
  name         text not null,
  key_hash     text not null unique,
  hint         text not null,
  role         text not null,
  shops        uuid[],
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz,
  check (role in ('admin', 'manager', 'employee')),
  check (shops is null or cardinality(shops) > 0),
  check (key_hash ~ '^[0-9a-f]{64}$')
);

comment on table public.machine_keys is
  'Keys that programs present to the HTTP API instead of a person''s token. The key itself is shown once and never stored.';
comment on column public.machine_keys.id is 'Our key; the audit log names it.';
comment on column public.machine_keys.name is 'What the key is for, for people.';
comment on column public.machine_keys.key_hash is 'SHA-256 of the key, hex. The key has 256 random bits, so no salt is needed.';
comment on column public.machine_keys.hint is 'The first characters of the key, to recognise it; they open nothing.';
comment on column public.machine_keys.role is 'admin, manager or employee, in falling order, at each of its shops.';
comment on column public.machine_keys.shops is 'The shops it opens (shops.id); NULL for all, also those added later.';
comment on column public.machine_keys.created_at is 'When this row was first written here (UTC).';
comment on column public.machine_keys.last_used_at is 'Newest use (UTC), to the minute; NULL before the first.';
comment on column public.machine_keys.revoked_at is 'When it was revoked (UTC); NULL while it works.';

alter table public.machine_keys enable row level security;
revoke all on public.machine_keys from public, anon, authenticated;
grant all on public.machine_keys to service_role;
create policy machine_keys_service on public.machine_keys for all to service_role using (true) with check (true);
