-- Copies the outcomes of a finished or failed run's items into its log row. Open runs keep their counts in the items.
create or replace function public.store_run_counts(p_run_id uuid)
returns void
language sql
volatile
security invoker
set search_path = ''
as $$
  update public.sync_log l
     set fetched = c.fetched, created = c.created, updated = c.updated, unchanged = c.unchanged, stale = c.stale,
         deleted = c.deleted, skipped = c.skipped, failed = c.failed
    from (
      select count(*) as fetched,
             count(*) filter (where i.outcome = 'created') as created,
             count(*) filter (where i.outcome = 'updated') as updated,
             count(*) filter (where i.outcome = 'unchanged') as unchanged,
             count(*) filter (where i.outcome = 'stale') as stale,
             count(*) filter (where i.outcome = 'deleted') as deleted,
             count(*) filter (where i.outcome = 'skipped') as skipped,
             count(*) filter (where i.outcome = 'failed') as failed
        from public.sync_run_items i
       where i.run_id = p_run_id
    ) c
   where l.id = p_run_id and l.status in ('finished', 'failed')
$$;

comment on function public.store_run_counts(uuid) is
  'Stores the counts of a closed run from its items. Part of finish_run, fail_run and settle_run_items.';

revoke execute on function public.store_run_counts(uuid) from public, anon, authenticated;
grant execute on function public.store_run_counts(uuid) to service_role;
