-- Dashboards hear of new figures: the tables they read are published to Supabase's realtime publication.
-- Tolerates a project without that publication, and one whose publication belongs to another role (then an
-- administrator adds the tables). Relies on 011-013 and 019. No lock worth naming.

do $$
declare
  v_table text;
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime' and not puballtables) then
    return;
  end if;
  foreach v_table in array array[
    'daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics', 'ro_snapshots', 'sync_log'
  ] loop
    if not exists (
      select from pg_publication_tables
       where pubname = 'supabase_realtime' and schemaname = 'public' and tablename = v_table
    ) then
      begin
        execute format('alter publication supabase_realtime add table public.%I', v_table);
      exception when insufficient_privilege then
        raise notice 'supabase_realtime belongs to another role; table % is not published', v_table;
        return;
      end;
    end if;
  end loop;
end
$$;
