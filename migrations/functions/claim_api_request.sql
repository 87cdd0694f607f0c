-- Begins a request with an Idempotency-Key, or says what became of the one that had the key before:
-- new (do it), answered (send that answer), busy (somebody does it now), other (the key belongs to other parameters).
-- A claim that failed on our side (5xx) is taken over at once under the same identity, one nobody answered within two minutes
-- too: its process is gone. The run that either may have opened is found again by that identity. Two minutes are twice what
-- a request may take.
create or replace function public.claim_api_request(p_caller text, p_key_hash text, p_fingerprint text)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_claim uuid;
  v_request public.api_requests;
begin
  insert into public.api_requests as r (caller, key_hash, fingerprint)
  values (p_caller, p_key_hash, p_fingerprint)
  on conflict (caller, key_hash) do update
     set claimed_at = now(), status = null, answer = null, answered_at = null
   where r.fingerprint = excluded.fingerprint
     and (r.status >= 500 or (r.status is null and r.claimed_at < now() - interval '2 minutes'))
  returning r.claim into v_claim;
  if v_claim is not null then
    return jsonb_build_object('state', 'new', 'claim', v_claim);
  end if;
  select * into v_request from public.api_requests r where r.caller = p_caller and r.key_hash = p_key_hash;
  return case
    when v_request.claim is null then jsonb_build_object('state', 'busy') -- released in this moment
    when v_request.fingerprint <> p_fingerprint then jsonb_build_object('state', 'other')
    when v_request.status is null or v_request.status >= 500 then jsonb_build_object('state', 'busy') -- ≥ 500: in this moment
    else jsonb_build_object('state', 'answered', 'status', v_request.status, 'answer', v_request.answer)
  end;
end
$$;

comment on function public.claim_api_request(text, text, text) is
  'Claims an Idempotency-Key. Returns {state: new|answered|busy|other, claim, status, answer}.';

revoke execute on function public.claim_api_request(text, text, text) from public, anon, authenticated;
grant execute on function public.claim_api_request(text, text, text) to service_role;
