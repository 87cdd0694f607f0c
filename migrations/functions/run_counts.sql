-- The outcomes of a run, counted. fetched is the sum of all the others, pending included.
create or replace function public.run_counts(
  p_run_id uuid,
  out fetched integer,
  out created integer,
  out updated integer,
  out unchanged integer,
  out stale integer,
  out deleted integer,
  out skipped integer,
  out failed integer,
  out pending integer
)
language sql
stable
security invoker
set search_path = ''
as $$
  with items as (
    select count(*) filter (where i.outcome = 'created') as created,
           count(*) filter (where i.outcome = 'updated') as updated,
           count(*) filter (where i.outcome = 'unchanged') as unchanged,
           count(*) filter (where i.outcome = 'stale') as stale,
           count(*) filter (where i.outcome = 'deleted') as deleted,
           count(*) filter (where i.outcome = 'skipped') as skipped,
           count(*) filter (where i.outcome = 'failed') as failed,
           count(*) filter (where i.outcome = 'pending') as pending
      from public.sync_run_items i
     where i.run_id = p_run_id
  ), listed as (
    select coalesce((l.listing ->> 'created')::integer, 0) as created,
           coalesce((l.listing ->> 'updated')::integer, 0) as updated,
           coalesce((l.listing ->> 'unchanged')::integer, 0) as unchanged,
           coalesce((l.listing ->> 'failed')::integer, 0) as failed
      from public.sync_log l
     where l.id = p_run_id
  ), total as (
    select (i.created + l.created)::integer as created, (i.updated + l.updated)::integer as updated,
           (i.unchanged + l.unchanged)::integer as unchanged, i.stale::integer as stale, i.deleted::integer as deleted,
           i.skipped::integer as skipped, (i.failed + l.failed)::integer as failed, i.pending::integer as pending
      from items i, listed l
  )
  select t.created + t.updated + t.unchanged + t.stale + t.deleted + t.skipped + t.failed + t.pending,
         t.created, t.updated, t.unchanged, t.stale, t.deleted, t.skipped, t.failed, t.pending
    from total t
$$;

comment on function public.run_counts(uuid) is
  'Counts of a run by outcome, from its items and, for runs that write a list as a whole, from its listing.';

revoke execute on function public.run_counts(uuid) from public, anon, authenticated;
grant execute on function public.run_counts(uuid) to service_role;
