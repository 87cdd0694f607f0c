-- Runs once, as superuser, when the database of docker-compose.yml is created: gives the login roles of PostgREST and
-- Auth their password. The image creates both roles without one.
\set password `echo "$POSTGRES_PASSWORD"`
alter role authenticator with password :'password';
alter role supabase_auth_admin with password :'password';
