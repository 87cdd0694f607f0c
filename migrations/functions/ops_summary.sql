-- What an operator asks first, in one value: rows per table, row-level security, last runs, newest days, oldest mark,
-- failures by reason. Tables beyond 100,000 rows are estimated from statistics, so the answer stays quick at any size.
create or replace function public.ops_summary()
returns jsonb
language plpgsql
stable
security invoker
set search_path = ''
as $$
declare
  v_table record;
  v_count bigint;
  v_tables jsonb := '{}';
begin
  for v_table in
    select c.oid, c.relname, c.reltuples::bigint as estimate
      from pg_catalog.pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
     order by c.relname
  loop
    if v_table.estimate > 100000 then
      v_count := v_table.estimate;
    else
      execute format('select count(*) from public.%I', v_table.relname) into v_count;
    end if;
    v_tables := v_tables || jsonb_build_object(v_table.relname, v_count);
  end loop;

  return jsonb_build_object(
    'tables', v_tables,
    'rls_everywhere', not exists (
      select from pg_catalog.pg_class c
       where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'
         and (not c.relrowsecurity or not exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid))),
    'last_runs', (
      select coalesce(jsonb_agg(public.run_progress(x.id) - 'failures' order by x.started_at desc), '[]')
        from (select l.id, l.started_at from public.sync_log l order by l.started_at desc limit 10) x),
    'latest_days', (
      select coalesce(jsonb_agg(jsonb_build_object(
               'shop_tm_id', x.tm_id, 'metric_date', x.metric_date, 'ro_count', x.ro_count,
               'authorized_revenue', x.authorized_revenue, 'authorized_profit', x.authorized_profit,
               'authorized_gp_percent', x.authorized_gp_percent) order by x.tm_id, x.metric_date desc), '[]')
        from public.shops s
       cross join lateral (
         select s.tm_id, m.metric_date, m.ro_count, m.authorized_revenue, m.authorized_profit, m.authorized_gp_percent
           from public.daily_shop_metrics m
          where m.shop_id = s.id
          order by m.metric_date desc
          limit 3
       ) x),
    'oldest_mark_at', public.pipeline_backlog() -> 'oldest_mark_at',
    'failed_by_reason', (
      select coalesce(jsonb_object_agg(x.reason, x.count), '{}')
        from (
          select coalesce(i.reason, 'unknown') as reason, count(distinct (i.shop_id, i.ro_tm_id)) as count
            from public.sync_run_items i
           where i.outcome = 'failed'
           group by 1
        ) x),
    'quarantine', (
      select jsonb_build_object(
               'repair_orders', count(*), 'withheld_cents', coalesce(sum(q.withheld_cents), 0),
               'unknown_amount', count(*) filter (where q.withheld_cents is null), 'oldest_since', min(q.since))
        from public.quarantined_repair_orders q),
    'deletions_held', (
      select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', x.tm_id, 'repair_orders', x.count) order by x.tm_id), '[]')
        from (
          select s.tm_id, count(*) as count
            from public.repair_order_deletions d
            join public.shops s on s.id = d.shop_id
           where d.state = 'held'
           group by s.tm_id
        ) x),
    'field_drift', (
      select coalesce(jsonb_agg(jsonb_build_object('kind', x.kind, 'path', x.path, 'last_seen_at', x.last_seen_at)
                                order by x.last_seen_at desc, x.path), '[]')
        from (
          select d.kind, d.path, max(d.last_seen_at) as last_seen_at
            from public.tm_field_drift d
           group by d.kind, d.path
           order by 3 desc
           limit 20
        ) x),
    'paused_shops', (
      select coalesce(jsonb_agg(jsonb_build_object('shop_tm_id', s.tm_id, 'reason', s.pause_reason, 'since', s.paused_at)
                                order by s.tm_id), '[]')
        from public.shops s
       where s.paused_at is not null and not s.promoting)
  );
end
$$;

comment on function public.ops_summary() is
  'State of the warehouse in one object: tables (rows), rls_everywhere, last_runs, latest_days, oldest_mark_at, failed_by_reason, quarantine (with the money it withholds), deletions_held, field_drift, paused_shops.';

revoke execute on function public.ops_summary() from public, anon, authenticated;
grant execute on function public.ops_summary() to service_role;
