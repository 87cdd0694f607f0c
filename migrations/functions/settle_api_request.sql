-- Keeps the answer of a claimed request, or (without a status) gives the key back: what was refused may be asked otherwise.
-- A 5xx is kept with its claim and never sent again: the next try takes the claim over (claim_api_request).
create or replace function public.settle_api_request(p_caller text, p_key_hash text, p_status integer, p_answer jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
begin
  if p_status is null then
    delete from public.api_requests r where r.caller = p_caller and r.key_hash = p_key_hash and r.status is null;
  else
    update public.api_requests r
       set status = p_status, answer = p_answer, answered_at = now()
     where r.caller = p_caller and r.key_hash = p_key_hash and r.status is null;
  end if;
  return jsonb_build_object('settled', found);
end
$$;

comment on function public.settle_api_request(text, text, integer, jsonb) is
  'Stores the answer of a claimed request, or releases the key when p_status is null. Returns {settled}.';

revoke execute on function public.settle_api_request(text, text, integer, jsonb) from public, anon, authenticated;
grant execute on function public.settle_api_request(text, text, integer, jsonb) to service_role;
