-- The listing of a run is complete: all of it was read and recorded. Closing twice keeps the first.
create or replace function public.close_listing(p_run_id uuid, p_listing jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.sync_log l
     set status = 'syncing',
         listing = coalesce(p_listing, '{}'),
         truncated = coalesce((p_listing ->> 'truncated')::boolean, false),
         listed_at = now()
   where l.id = p_run_id and l.status = 'listing';
  return public.run_progress(p_run_id);
end
$$;

comment on function public.close_listing(uuid, jsonb) is
  'Marks the listing of a run ({pages, seen, truncated, sources}) as complete. Returns run_progress.';

revoke execute on function public.close_listing(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.close_listing(uuid, jsonb) to service_role;
