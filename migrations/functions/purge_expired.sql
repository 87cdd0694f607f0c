-- Removes raw payloads past expires_at (not the evidence of an RO that is still in quarantine) and runs older than 30
-- days with their items, answers to Idempotency-Keys older than a day, audit entries older than 400 days; at most 50,000
-- of each at a time.
-- Open runs are never removed.
create or replace function public.purge_expired()
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_payloads integer;
  v_runs integer;
  v_requests integer;
  v_acts integer;
begin
  delete from public.tm_raw_payloads p
   where p.id in (
     select x.id from public.tm_raw_payloads x
      where x.expires_at < now()
        and not exists (
          select from public.ro_quarantine q
           where q.shop_id = x.shop_id and q.ro_tm_id = x.entity_tm_id and q.raw_payload_id = x.id)
      order by x.expires_at
      limit 50000);
  get diagnostics v_payloads = row_count;
  delete from public.sync_log l
   where l.id in (
     select x.id from public.sync_log x
      where x.finished_at < now() - interval '30 days' and x.status in ('finished', 'failed')
        and not exists (select from public.sync_run_items i where i.run_id = x.id and i.outcome = 'pending')
      order by x.finished_at
      limit 50000);
  get diagnostics v_runs = row_count;
  delete from public.api_requests r
   where (r.caller, r.key_hash) in (
     select x.caller, x.key_hash from public.api_requests x
      where x.claimed_at < now() - interval '1 day'
      order by x.claimed_at
      limit 50000);
  get diagnostics v_requests = row_count;
  delete from public.audit_log a
   where a.id in (
     select x.id from public.audit_log x where x.at < now() - interval '400 days' order by x.at limit 50000);
  get diagnostics v_acts = row_count;
  return jsonb_build_object('raw_payloads', v_payloads, 'sync_log', v_runs, 'api_requests', v_requests, 'audit_log', v_acts);
end
$$;

comment on function public.purge_expired() is
  'Removes expired raw payloads, runs older than 30 days, answers to Idempotency-Keys older than a day and audit entries older than 400 days. Returns counts by table.';

revoke execute on function public.purge_expired() from public, anon, authenticated;
grant execute on function public.purge_expired() to service_role;
