-- Copies the outcomes of a closed run into its log row. Open runs keep their counts in the items. A run without items
-- (employees, customers, vehicles) was counted by its listing.
-- The row is locked first: whoever waits for another that counts then sees what that one settled.
create or replace function public.store_run_counts(p_run_id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  select from public.sync_log l
   where l.id = p_run_id and l.status in ('finished', 'failed')
     for no key update;

  update public.sync_log l
     set fetched = c.fetched, created = c.created, updated = c.updated, unchanged = c.unchanged, stale = c.stale,
         deleted = c.deleted, skipped = c.skipped, failed = c.failed
    from public.run_counts(p_run_id) c
   where l.id = p_run_id and l.status in ('finished', 'failed')
$$;

comment on function public.store_run_counts(uuid) is
  'Stores the counts of a closed run. Part of finish_run, fail_run and the functions that settle items.';

revoke execute on function public.store_run_counts(uuid) from public, anon, authenticated;
grant execute on function public.store_run_counts(uuid) to service_role;
