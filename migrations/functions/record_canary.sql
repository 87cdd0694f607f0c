-- A canary came out of a queue and reached the warehouse. One row per queue; later passes overwrite it.
create or replace function public.record_canary(p_queue text)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  insert into public.canary_passes as c (queue, passed_at)
  values (p_queue, clock_timestamp())
      on conflict (queue) do update set passed_at = greatest(c.passed_at, excluded.passed_at)
  returning jsonb_build_object('passed_at', c.passed_at)
$$;

comment on function public.record_canary(text) is
  'Notes that a canary passed through that queue now. Returns {passed_at}.';

revoke execute on function public.record_canary(text) from public, anon, authenticated;
grant execute on function public.record_canary(text) to service_role;
