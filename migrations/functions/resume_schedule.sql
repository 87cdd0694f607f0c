-- Ends the pause of a schedule.
create or replace function public.resume_schedule(p_schedule text)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  delete from public.schedule_pauses p where p.schedule = p_schedule;
  return jsonb_build_object('changed', found);
end
$$;

comment on function public.resume_schedule(text) is 'Returns {changed}: true only when the schedule was paused.';

revoke execute on function public.resume_schedule(text) from public, anon, authenticated;
grant execute on function public.resume_schedule(text) to service_role;
