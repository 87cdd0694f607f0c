-- Pauses a schedule. Doing it again keeps the first moment and who it was.
create or replace function public.pause_schedule(p_schedule text, p_by text)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  insert into public.schedule_pauses (schedule, paused_by) values (p_schedule, p_by)
  on conflict (schedule) do nothing;
  return jsonb_build_object('changed', found);
end
$$;

comment on function public.pause_schedule(text, text) is
  'Returns {changed}: true only when the schedule was not paused already.';

revoke execute on function public.pause_schedule(text, text) from public, anon, authenticated;
grant execute on function public.pause_schedule(text, text) to service_role;
