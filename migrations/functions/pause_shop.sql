-- Pauses the queue work of a shop (a refused token). Only the first call changes anything, so there is one alert.
create or replace function public.pause_shop(p_shop_id uuid, p_reason text)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  update public.shops s
     set paused_at = now(), pause_reason = p_reason, updated_at = now()
   where s.id = p_shop_id and s.paused_at is null;
  return jsonb_build_object('changed', found);
end
$$;

comment on function public.pause_shop(uuid, text) is
  'Returns {changed}: true only when the shop was not paused already.';

revoke execute on function public.pause_shop(uuid, text) from public, anon, authenticated;
grant execute on function public.pause_shop(uuid, text) to service_role;
