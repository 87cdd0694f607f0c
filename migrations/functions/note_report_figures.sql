-- Remembers the figures with which the report lists stored ROs. The first ones are taken as they are; others than before
-- make the RO stale until it is read again (stale_repair_orders).
create or replace function public.note_report_figures(p_shop_id uuid, p_seen jsonb)
returns jsonb
language plpgsql
volatile
security invoker
set search_path = ''
as $$
declare
  v_changed integer;
begin
  with listed as (
    select distinct on (i.ro) r.id, i.figures
      from jsonb_to_recordset(p_seen) as i(ro bigint, figures text)
      join public.repair_orders r on r.shop_id = p_shop_id and r.tm_id = i.ro
     where i.figures is not null
     order by i.ro
  ), changed as (
    select d.repair_order_id, l.figures
      from listed l
      join public.repair_order_reads d on d.repair_order_id = l.id
     where d.report_figures is distinct from l.figures
     order by d.repair_order_id
       for update of d
  )
  update public.repair_order_reads d
     set report_figures = c.figures,
         figures_changed_at = case when d.report_figures is null then d.figures_changed_at else clock_timestamp() end
    from changed c
   where d.repair_order_id = c.repair_order_id;
  get diagnostics v_changed = row_count;
  return jsonb_build_object('changed', v_changed);
end
$$;

comment on function public.note_report_figures(uuid, jsonb) is
  'Stores the report''s figures of listed ROs [{ro, figures}]; rows without figures and ROs that are not stored are passed over. Returns {changed}.';

revoke execute on function public.note_report_figures(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.note_report_figures(uuid, jsonb) to service_role;
