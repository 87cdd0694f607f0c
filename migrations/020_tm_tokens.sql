-- Tokens of TM per shop, which win over TM_AUTH_TOKEN. Service role only.
-- Relies on 001. New table, no lock on existing data.

create table public.tm_tokens (
  shop_id    uuid primary key references public.shops (id) on delete cascade,
  token      text not null,
  expires_at timestamptz,
  updated_at timestamptz not null default now()
);

comment on table public.tm_tokens is
  'TM web tokens per shop; secret. Only the service role reads or writes it; no signed-in user ever does.';
comment on column public.tm_tokens.shop_id is 'The shop the token opens.';
comment on column public.tm_tokens.token is 'The secret as sent in the request header; never logged.';
comment on column public.tm_tokens.expires_at is 'When TM says it expires (UTC); NULL when unknown.';
comment on column public.tm_tokens.updated_at is 'When a value of this row last changed here (UTC); re-reading the same content does not move it.';

alter table public.tm_tokens enable row level security;
revoke all on public.tm_tokens from public, anon, authenticated;
grant all on public.tm_tokens to service_role;
create policy tm_tokens_service on public.tm_tokens for all to service_role using (true) with check (true);
