-- Seconds since a canary last passed through each queue, by the clock of the database alone.
create or replace function public.canary_ages()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_object_agg(c.queue, extract(epoch from clock_timestamp() - c.passed_at)), '{}')
    from public.canary_passes c
$$;

comment on function public.canary_ages() is
  'Seconds since the last canary of each queue, as {queue: seconds}; a queue that no canary ever passed is absent.';

revoke execute on function public.canary_ages() from public, anon, authenticated;
grant execute on function public.canary_ages() to service_role;
