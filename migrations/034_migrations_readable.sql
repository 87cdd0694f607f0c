-- The service role may read which migrations this database has, so that `warehouse doctor` and the API can compare them with
-- the release without the owner's connection. Relies on the runner's own schema, which exists before any migration runs.

grant usage on schema warehouse_migrations to service_role;
grant select on table warehouse_migrations.checksums to service_role;
