-- ROs in quarantine with the money they withhold. What is withheld is the difference between what TM says in the refused
-- answer (authorizedTotal: authorized work with fees and tax, if that one field can be read) and what the warehouse
-- still holds from the last read it could store (0 for an RO it never had, or had as deleted). NULL: not even that
-- field can be read, so nobody knows the amount. Runs with the rights and row-level security of whoever reads it.
create or replace view public.quarantined_repair_orders
with (security_invoker = true) as
select q.shop_id,
       s.tm_id as shop_tm_id,
       q.ro_tm_id,
       coalesce(r.ro_number, q.ro_number) as ro_number,
       q.since,
       q.last_refused_at,
       q.refusals,
       q.reason,
       q.cause,
       q.raw_payload_id,
       q.run_id,
       q.authorized_total as tm_authorized_total,
       case when r.status_id <> 7 then r.authorized_total end as stored_authorized_total,
       q.authorized_total - coalesce(case when r.status_id <> 7 then r.authorized_total end, 0) as withheld_cents
  from public.ro_quarantine q
  join public.shops s on s.id = q.shop_id
  left join public.repair_orders r on r.shop_id = q.shop_id and r.tm_id = q.ro_tm_id;

comment on view public.quarantined_repair_orders is
  'ROs whose newest answer could not be stored: since when, why, the refused answers, and withheld_cents = [AUTHORIZED] total of that answer minus what is stored (NULL: the answer does not tell).';

revoke all on public.quarantined_repair_orders from public, anon, authenticated;
grant select on public.quarantined_repair_orders to authenticated, service_role;
