-- The paused schedules, by id.
create or replace function public.list_schedule_pauses()
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object(
           'schedule', p.schedule, 'paused_at', p.paused_at, 'paused_by', p.paused_by) order by p.schedule), '[]')
    from public.schedule_pauses p
$$;

comment on function public.list_schedule_pauses() is 'Paused schedules as [{schedule, paused_at, paused_by}].';

revoke execute on function public.list_schedule_pauses() from public, anon, authenticated;
grant execute on function public.list_schedule_pauses() to service_role;
