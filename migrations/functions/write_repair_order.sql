-- Second half of apply_repair_order: the read is newer and its content differs. The caller holds the RO's lock.
-- The header is written first with everything TM said (all indexed columns, so the second write of the row stays on its
-- page), then jobs and lines, then the header's figures, which ro_metrics computes from the lines, and the seal on it all.
-- Labor of a closed RO keeps the cost it was stored with, unless the seal says that somebody changed it since.
create or replace function public.write_repair_order(
  p_shop_id uuid,
  p_run_id uuid,
  p_fetched_at timestamptz,
  p_bundle jsonb
)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_old public.repair_orders;
  v_new public.repair_orders;
  v_timezone text;
  v_was_closed boolean;
  v_parties record;
  v_kept jsonb := '[]';
  v_jobs jsonb := p_bundle -> 'jobs';
  v_marked boolean;
begin
  perform pg_advisory_xact_lock_shared(public.shop_timezone_lock_key(p_shop_id));
  select s.timezone into v_timezone from public.shops s where s.id = p_shop_id;
  if not found then
    raise exception 'there is no shop %', p_shop_id using errcode = '22023';
  end if;
  v_new := jsonb_populate_record(null::public.repair_orders, p_bundle -> 'repair_order');

  -- The row lock keeps refresh_ro_snapshot, which takes it too, before or after this change, never beside it.
  select r.* into v_old
    from public.repair_orders r
   where r.shop_id = p_shop_id and r.tm_id = v_new.tm_id
     for no key update;
  -- An RO that was deleted while it was closed and comes back is the closed one it was.
  v_was_closed := v_old.status_id in (5, 6) or v_old.status_id = 7 and exists (
    select from public.repair_order_deletions d
     where d.shop_id = p_shop_id and d.ro_tm_id = v_new.tm_id and (d.previous ->> 'status_id')::integer in (5, 6));
  if v_was_closed and (v_old.content_hash is not null or public.labor_is_sealed(v_old.id)) then
    v_kept := public.stored_labor_rates(v_old.id);
  end if;
  v_parties := public.ensure_ro_parties(p_shop_id, p_bundle);

  v_new.shop_id := p_shop_id;
  v_new.customer_id := v_parties.customer_id;
  v_new.vehicle_id := v_parties.vehicle_id;
  v_new.service_advisor_id := v_parties.advisor_id;
  -- Un-posted ROs keep old dates in TM: the status decides whether a date is worth anything.
  v_new.posted_date := case when v_new.status_id in (5, 6) then (v_new.posted_at at time zone v_timezone)::date end;
  v_new.completed_date := case when v_new.status_id in (3, 5, 6) then (v_new.completed_at at time zone v_timezone)::date end;
  v_new.ro_fees_known := jsonb_typeof(p_bundle -> 'fees') is not distinct from 'array';
  v_new.tm_updated_at := v_new.updated_date;
  v_new.content_hash := p_bundle ->> 'content_hash';
  v_new.lines_hash := public.ro_lines_hash(p_bundle);
  v_new.fetched_at := p_fetched_at;
  v_new.last_run_id := p_run_id;
  v_new.deleted_at := case when v_new.status_id = 7 then coalesce(v_new.deleted_at, v_old.deleted_at, now()) end;
  v_new.tm_extra := coalesce(v_new.tm_extra, '{}');
  -- TM recomputes the profit of ROs of any age at today's pay. A closed RO that is read again for another reason (A/R
  -- settled, a note) keeps the cost it closed with as long as its work is the same.
  if v_was_closed and v_new.status_id in (5, 6, 7) and (v_old.content_hash is not null or v_old.status_id = 7)
     and not coalesce((p_bundle ->> 'force')::boolean, false)
     and v_new.calculation_method = 'TRUE_GP' and v_old.calculation_method = 'TRUE_GP'
     and v_new.authorized_revenue = v_old.authorized_revenue
     and v_new.lines_hash = v_old.lines_hash
     and public.closed_work_is_same(v_old.id, v_jobs) then
    v_new.authorized_cost := v_old.authorized_cost;
    v_new.authorized_profit := v_old.authorized_profit;
    v_new.tm_reported_gp_percent := v_old.tm_reported_gp_percent;
  end if;

  insert into public.repair_orders as r (
    shop_id, tm_id, ro_number, status, status_id, customer_tm_id, customer_name, vehicle_tm_id,
    vehicle_description, service_advisor_tm_id, service_advisor_name, created_date, updated_date, promised_date,
    dropped_off_date, picked_up_date, posted_at, completed_at, potential_total, potential_subtotal,
    potential_tax, potential_discount, authorized_total, authorized_revenue, authorized_cost, authorized_profit,
    tm_reported_gp_percent, profit_labor_hours, calculation_method, fees_total, ro_discount, discount_total,
    shop_supplies_total, epa_total, amount_paid, balance_due, miles_in, miles_out, label, notes, tm_extra,
    customer_id, vehicle_id, service_advisor_id, posted_date, completed_date, ro_fees_known, tm_updated_at,
    content_hash, lines_hash, fetched_at, last_run_id, deleted_at
  )
  values (
    v_new.shop_id, v_new.tm_id, v_new.ro_number, v_new.status, v_new.status_id, v_new.customer_tm_id,
    v_new.customer_name, v_new.vehicle_tm_id, v_new.vehicle_description, v_new.service_advisor_tm_id,
    v_new.service_advisor_name, v_new.created_date, v_new.updated_date, v_new.promised_date,
    v_new.dropped_off_date, v_new.picked_up_date, v_new.posted_at, v_new.completed_at, v_new.potential_total,
    v_new.potential_subtotal, v_new.potential_tax, v_new.potential_discount, v_new.authorized_total,
    v_new.authorized_revenue, v_new.authorized_cost, v_new.authorized_profit, v_new.tm_reported_gp_percent,
    v_new.profit_labor_hours, v_new.calculation_method, v_new.fees_total, v_new.ro_discount,
    v_new.discount_total, v_new.shop_supplies_total, v_new.epa_total, v_new.amount_paid, v_new.balance_due,
    v_new.miles_in, v_new.miles_out, v_new.label, v_new.notes, v_new.tm_extra, v_new.customer_id,
    v_new.vehicle_id, v_new.service_advisor_id, v_new.posted_date, v_new.completed_date, v_new.ro_fees_known,
    v_new.tm_updated_at, v_new.content_hash, v_new.lines_hash, v_new.fetched_at, v_new.last_run_id, v_new.deleted_at
  )
  on conflict (shop_id, tm_id) do update
     set ro_number = excluded.ro_number, status = excluded.status, status_id = excluded.status_id,
         customer_tm_id = excluded.customer_tm_id, customer_name = excluded.customer_name, vehicle_tm_id =
         excluded.vehicle_tm_id, vehicle_description = excluded.vehicle_description, service_advisor_tm_id =
         excluded.service_advisor_tm_id, service_advisor_name = excluded.service_advisor_name, created_date =
         excluded.created_date, updated_date = excluded.updated_date, promised_date = excluded.promised_date,
         dropped_off_date = excluded.dropped_off_date, picked_up_date = excluded.picked_up_date, posted_at =
         excluded.posted_at, completed_at = excluded.completed_at, potential_total = excluded.potential_total,
         potential_subtotal = excluded.potential_subtotal, potential_tax = excluded.potential_tax,
         potential_discount = excluded.potential_discount, authorized_total = excluded.authorized_total,
         authorized_revenue = excluded.authorized_revenue, authorized_cost = excluded.authorized_cost,
         authorized_profit = excluded.authorized_profit, tm_reported_gp_percent =
         excluded.tm_reported_gp_percent, profit_labor_hours = excluded.profit_labor_hours, calculation_method =
         excluded.calculation_method, fees_total = excluded.fees_total, ro_discount = excluded.ro_discount,
         discount_total = excluded.discount_total, shop_supplies_total = excluded.shop_supplies_total, epa_total
         = excluded.epa_total, amount_paid = excluded.amount_paid, balance_due = excluded.balance_due, miles_in
         = excluded.miles_in, miles_out = excluded.miles_out, label = excluded.label, notes = excluded.notes,
         tm_extra = excluded.tm_extra, customer_id = excluded.customer_id, vehicle_id = excluded.vehicle_id,
         service_advisor_id = excluded.service_advisor_id, posted_date = excluded.posted_date, completed_date =
         excluded.completed_date, ro_fees_known = excluded.ro_fees_known, tm_updated_at =
         excluded.tm_updated_at, content_hash = excluded.content_hash, lines_hash = excluded.lines_hash, fetched_at = excluded.fetched_at,
         last_run_id = excluded.last_run_id, deleted_at = excluded.deleted_at,
         last_synced_at = now(), missing_since = null, missing_run_id = null, updated_at = now()
  returning r.id into v_new.id;

  perform public.upsert_ro_jobs(p_shop_id, v_new.id, v_jobs);
  if v_new.lines_hash is distinct from v_old.lines_hash or coalesce((p_bundle ->> 'force')::boolean, false) then
    perform public.replace_ro_lines(p_shop_id, v_new.id, p_bundle);
  end if;
  perform public.replace_ro_labor(p_shop_id, v_new.id, v_jobs, v_kept);
  v_marked := public.write_ro_figures(v_new, v_old.metric_hash);

  insert into public.repair_order_reads as d (repair_order_id, shop_id, fetched_at, seal)
  select v_new.id, p_shop_id, p_fetched_at, e.seal from public.ro_seals(array[v_new.id]) e
  on conflict (repair_order_id) do update
     set fetched_at = excluded.fetched_at, read_at = now(), seal = excluded.seal;

  return jsonb_build_object(
    'outcome', case
      when v_old.id is null then 'created'
      when v_new.status_id = 7 and v_old.status_id <> 7 then 'deleted'
      else 'updated' end,
    'repair_order_id', v_new.id,
    'snapshot_stale', v_marked,
    'counts', (
      select jsonb_build_object(
               'jobs', jsonb_array_length(v_jobs),
               'parts', coalesce(sum(jsonb_array_length(j.value -> 'parts')), 0),
               'labor', coalesce(sum(jsonb_array_length(j.value -> 'labor')), 0),
               'sublets', coalesce(sum(jsonb_array_length(j.value -> 'sublets')), 0)
                          + jsonb_array_length(p_bundle -> 'sublets'),
               'fees', coalesce(sum(jsonb_array_length(j.value -> 'fees')), 0)
                       + case when v_new.ro_fees_known then jsonb_array_length(p_bundle -> 'fees') else 0 end)
        from jsonb_array_elements(v_jobs) j)
  );
end
$$;

comment on function public.write_repair_order(uuid, uuid, timestamptz, jsonb) is
  'Writes a changed read of an RO with parties, jobs and lines. Part of apply_repair_order, which holds the lock and has checked the order of reads.';

revoke execute on function public.write_repair_order(uuid, uuid, timestamptz, jsonb) from public, anon, authenticated;
grant execute on function public.write_repair_order(uuid, uuid, timestamptz, jsonb) to service_role;
