-- What `warehouse doctor` needs to know of the database and cannot measure from outside.
create or replace function public.installation_facts()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select jsonb_build_object(
    'now', clock_timestamp(),
    'server_version', current_setting('server_version'),
    'role', current_user,
    'tables_without_rls', (
      select coalesce(jsonb_agg(c.relname order by c.relname), '[]')
        from pg_catalog.pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
         and (not c.relrowsecurity or not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid))),
    'migrations', (select coalesce(jsonb_object_agg(m.name, m.checksum), '{}') from warehouse_migrations.checksums m)
  )
$$;

comment on function public.installation_facts() is
  'For warehouse doctor: {now, server_version, role, tables_without_rls: [table], migrations: {file: checksum}}.';

revoke execute on function public.installation_facts() from public, anon, authenticated;
grant execute on function public.installation_facts() to service_role;
