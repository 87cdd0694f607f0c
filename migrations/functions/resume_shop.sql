-- Ends the pause of a shop whose token works again; one that is still being filled by `warehouse promote` stays paused.
create or replace function public.resume_shop(p_shop_id uuid)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.shops s
     set paused_at = null, pause_reason = null, updated_at = now()
   where s.id = p_shop_id and s.paused_at is not null and not s.promoting;
  return jsonb_build_object('changed', found);
end
$$;

comment on function public.resume_shop(uuid) is 'Returns {changed}: true only when the shop was paused and is not being promoted.';

revoke execute on function public.resume_shop(uuid) from public, anon, authenticated;
grant execute on function public.resume_shop(uuid) to service_role;
