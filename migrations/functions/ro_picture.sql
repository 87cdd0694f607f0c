-- Everything the warehouse says about one RO, for comparing before and after: table → readable key → row. Keys of ours,
-- hashes and bookkeeping are left out; they differ without meaning anything.
create or replace function public.ro_picture(p_shop_id uuid, p_ro_tm_id bigint)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with ro as (
    select r.id from public.repair_orders r where r.shop_id = p_shop_id and r.tm_id = p_ro_tm_id
  ), line as (
    select 'repair_orders' as table_name, 'RO ' || r.tm_id as key, to_jsonb(r) as content
      from public.repair_orders r
     where r.id in (select id from ro)
    union all
    select 'jobs', 'job ' || j.tm_id, to_jsonb(j) from public.jobs j where j.repair_order_id in (select id from ro)
    union all
    select l.table_name, concat_ws(' ', 'job ' || j.tm_id, 'line ' || (l.content ->> 'line_no')), l.content
      from (
        select 'job_parts' as table_name, p.job_id, to_jsonb(p) as content
          from public.job_parts p
         where p.repair_order_id in (select id from ro)
        union all
        select 'job_labor', w.job_id, to_jsonb(w) from public.job_labor w where w.repair_order_id in (select id from ro)
        union all
        select 'job_sublets', s.job_id, to_jsonb(s) from public.job_sublets s where s.repair_order_id in (select id from ro)
        union all
        select 'job_fees', f.job_id, to_jsonb(f) from public.job_fees f where f.repair_order_id in (select id from ro)
      ) l
      left join public.jobs j on j.id = l.job_id
    union all
    select 'ro_snapshots', s.snapshot_trigger || ' ' || s.snapshot_date, to_jsonb(s)
      from public.ro_snapshots s
     where s.repair_order_id in (select id from ro)
  ), cleaned as (
    select l.table_name, l.key,
           l.content - array[
             'id', 'shop_id', 'repair_order_id', 'job_id', 'customer_id', 'vehicle_id', 'service_advisor_id',
             'technician_id', 'created_at', 'updated_at', 'superseded_at', 'tm_updated_at', 'content_hash',
             'lines_hash', 'metric_hash', 'fetched_at', 'last_synced_at', 'last_run_id', 'snapshot_stale',
             'stale_since', 'missing_since', 'missing_run_id'] as content
      from line l
  )
  select coalesce(jsonb_object_agg(t.table_name, t.content), '{}')
    from (
      select c.table_name, jsonb_object_agg(c.key, c.content) as content from cleaned c group by c.table_name
    ) t
$$;

comment on function public.ro_picture(uuid, bigint) is
  'Rows of one RO as {table: {key: row}} without keys and bookkeeping of ours. Part of preview_repair_order.';

revoke execute on function public.ro_picture(uuid, bigint) from public, anon, authenticated;
grant execute on function public.ro_picture(uuid, bigint) to service_role;
