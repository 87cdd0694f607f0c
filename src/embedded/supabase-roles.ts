// The SQL that turns an empty database into what a new Supabase project gives: roles, auth functions, extensions,
// publication and Supabase's generous default privileges (everything granted to anon; only RLS protects).

/** Runs as superuser, once per cluster; harmless when repeated. Passwords are set separately. */
export const clusterRoles = `
do $$
declare
  wanted record;
begin
  for wanted in select * from (values
    ('anon', 'nologin noinherit'),
    ('authenticated', 'nologin noinherit'),
    ('service_role', 'nologin noinherit bypassrls'),
    -- PostgREST logs in as this one and has no rights before it switches
    ('authenticator', 'login noinherit'),
    -- runs migrations; what the role "postgres" is on Supabase: an owner, no superuser
    ('warehouse_owner', 'login nosuperuser nocreatedb nocreaterole'),
    -- the embedded API logs in as this one; it owns nothing, so it can grant nothing
    ('embedded_api', 'login nosuperuser nocreatedb nocreaterole')
  ) as role (name, attributes) loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      execute format('create role %I %s', wanted.name, wanted.attributes);
    end if;
  end loop;
end $$;
grant anon, authenticated, service_role to authenticator, warehouse_owner, embedded_api;
alter role authenticator set statement_timeout = '8s';
`

/** Runs as superuser in the database, after the API server has created its tables in schema auth. */
export const databaseContents = `
alter schema public owner to warehouse_owner;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges for role warehouse_owner in schema public
  grant all on tables to anon, authenticated, service_role;
alter default privileges for role warehouse_owner in schema public
  grant all on sequences to anon, authenticated, service_role;
alter default privileges for role warehouse_owner in schema public
  grant all on functions to anon, authenticated, service_role;

create schema if not exists extensions;
grant usage on schema extensions to public;
create extension if not exists pgcrypto with schema extensions;

-- The definitions of Supabase: they read both forms of the claims, as different servers set different ones.
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;
grant usage on schema auth to anon, authenticated, service_role, warehouse_owner, embedded_api;
grant select, insert, update, delete on all tables in schema auth to embedded_api;
grant select, insert, update, delete, references on all tables in schema auth to warehouse_owner;

do $$ begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end $$;
alter publication supabase_realtime owner to warehouse_owner;
`
