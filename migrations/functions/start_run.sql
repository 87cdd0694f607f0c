-- Opens a run. The same request key returns the run it opened before, so a retried queue job does not open another.
create or replace function public.start_run(
  p_shop_id uuid,
  p_kind text,
  p_trigger text,
  p_params jsonb,
  p_request_key text default null
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_run_id uuid;
begin
  if not exists (select from public.shops s where s.id = p_shop_id) then
    raise exception 'there is no shop %', p_shop_id using errcode = '22023';
  end if;
  insert into public.sync_log (shop_id, kind, trigger, params, request_key)
  values (p_shop_id, p_kind, p_trigger, coalesce(p_params, '{}'), p_request_key)
  on conflict (request_key) do nothing
  returning id into v_run_id;
  if v_run_id is not null then
    return jsonb_build_object('run_id', v_run_id, 'existing', false);
  end if;
  select l.id into v_run_id from public.sync_log l where l.request_key = p_request_key;
  return jsonb_build_object('run_id', v_run_id, 'existing', true);
end
$$;

comment on function public.start_run(uuid, text, text, jsonb, text) is
  'Opens a run and returns {run_id, existing}; existing = the request key was used before.';

revoke execute on function public.start_run(uuid, text, text, jsonb, text) from public, anon, authenticated;
grant execute on function public.start_run(uuid, text, text, jsonb, text) to service_role;
