-- The jobs of one RO as a set: those gone upstream go (with their lines), equal ones are not written, ids stay stable.
-- A job that TM moved here from another RO is taken over with nothing of its old lines, and that RO forgets what it
-- read, so that its next read is applied. Written in TM id order.
create or replace function public.upsert_ro_jobs(p_shop_id uuid, p_repair_order_id uuid, p_jobs jsonb)
returns void
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_tm_ids bigint[];
begin
  select array_agg((j.value ->> 'tm_id')::bigint) into v_tm_ids from jsonb_array_elements(p_jobs) j;

  delete from public.jobs j
   where j.repair_order_id = p_repair_order_id and j.tm_id <> all (coalesce(v_tm_ids, '{}'));
  if v_tm_ids is null then
    return;
  end if;
  with moved as (
    delete from public.jobs j
     where j.shop_id = p_shop_id and j.tm_id = any (v_tm_ids) and j.repair_order_id <> p_repair_order_id
    returning j.repair_order_id
  ), unsealed as (
    update public.repair_order_reads d
       set seal = null
     where d.repair_order_id in (select m.repair_order_id from moved m)
  )
  update public.repair_orders r
     set content_hash = null, lines_hash = null
   where r.id in (select m.repair_order_id from moved m);

  insert into public.jobs as j (
    shop_id, repair_order_id, tm_id, name, description, note, authorized, authorized_date, declined, selected,
    archived, sort_order, category, total, subtotal, discount, tax, parts_total, parts_cost, labor_total, labor_hours,
    sublet_total, sublet_cost, fee_total, gross_profit_amount, gross_profit_percent, tm_extra
  )
  select p_shop_id, p_repair_order_id, n.tm_id, n.name, n.description, n.note, n.authorized, n.authorized_date,
         n.declined, n.selected, n.archived, n.sort_order, n.category, n.total, n.subtotal, n.discount, n.tax,
         n.parts_total, n.parts_cost, n.labor_total, n.labor_hours, n.sublet_total, n.sublet_cost, n.fee_total,
         n.gross_profit_amount, n.gross_profit_percent, coalesce(n.tm_extra, '{}')
    from jsonb_populate_recordset(null::public.jobs, p_jobs) n
   order by n.tm_id
  on conflict (shop_id, tm_id) do update
     set name = excluded.name, description = excluded.description, note = excluded.note,
         authorized = excluded.authorized, authorized_date = excluded.authorized_date, declined = excluded.declined,
         selected = excluded.selected, archived = excluded.archived, sort_order = excluded.sort_order,
         category = excluded.category, total = excluded.total, subtotal = excluded.subtotal,
         discount = excluded.discount, tax = excluded.tax, parts_total = excluded.parts_total,
         parts_cost = excluded.parts_cost, labor_total = excluded.labor_total, labor_hours = excluded.labor_hours,
         sublet_total = excluded.sublet_total, sublet_cost = excluded.sublet_cost, fee_total = excluded.fee_total,
         gross_profit_amount = excluded.gross_profit_amount, gross_profit_percent = excluded.gross_profit_percent,
         tm_extra = excluded.tm_extra, updated_at = now()
   where (j.name, j.description, j.note, j.authorized, j.authorized_date, j.declined, j.selected, j.archived,
          j.sort_order, j.category, j.total, j.subtotal, j.discount, j.tax, j.parts_total, j.parts_cost,
          j.labor_total, j.labor_hours, j.sublet_total, j.sublet_cost, j.fee_total, j.gross_profit_amount,
          j.gross_profit_percent, j.tm_extra)
         is distinct from
         (excluded.name, excluded.description, excluded.note, excluded.authorized, excluded.authorized_date,
          excluded.declined, excluded.selected, excluded.archived, excluded.sort_order, excluded.category,
          excluded.total, excluded.subtotal, excluded.discount, excluded.tax, excluded.parts_total,
          excluded.parts_cost, excluded.labor_total, excluded.labor_hours, excluded.sublet_total,
          excluded.sublet_cost, excluded.fee_total, excluded.gross_profit_amount, excluded.gross_profit_percent,
          excluded.tm_extra);
end
$$;

comment on function public.upsert_ro_jobs(uuid, uuid, jsonb) is
  'Makes the stored jobs of an RO equal to the given ones. Part of apply_repair_order.';

revoke execute on function public.upsert_ro_jobs(uuid, uuid, jsonb) from public, anon, authenticated;
grant execute on function public.upsert_ro_jobs(uuid, uuid, jsonb) to service_role;
