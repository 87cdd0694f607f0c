-- Which of the listed ROs have to be read: not stored, forced, or listed with another updatedDate than stored. A report
-- row carries no updatedDate (null): it is stale when the stored RO is not posted, or posted at another instant.
-- A missing RO that is listed again is read too, one whose figures in the report changed since it was last read, and one
-- that forgot what it read (a job of it moved to another RO, a person brought it back). Instants are compared to the
-- millisecond: TM sends the same instant in different precisions.
create or replace function public.stale_repair_orders(p_shop_id uuid, p_seen jsonb)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  select coalesce(jsonb_agg(s.ro order by s.position), '[]')
    from (
      select i.ro, min(i.position) as position
        from rows from (jsonb_to_recordset(p_seen) as (ro bigint, updated timestamptz, posted timestamptz, force boolean))
             with ordinality as i(ro, updated, posted, force, position)
        left join public.repair_orders r on r.shop_id = p_shop_id and r.tm_id = i.ro
        left join public.repair_order_reads d on d.repair_order_id = r.id
       where i.force is true
          or r.id is null
          or r.missing_since is not null
          or r.content_hash is null and r.status_id <> 7
          or d.figures_changed_at > d.fetched_at
          or case when i.updated is not null
                  then date_trunc('milliseconds', r.updated_date) is distinct from date_trunc('milliseconds', i.updated)
                  else r.status_id not in (5, 6)
                    or (i.posted is not null
                      and date_trunc('milliseconds', r.posted_at) is distinct from date_trunc('milliseconds', i.posted))
             end
       group by i.ro
    ) s
$$;

comment on function public.stale_repair_orders(uuid, jsonb) is
  'Of the listed ROs [{ro, updated, posted, force}], the TM ids of those whose stored state differs, in the order listed.';

revoke execute on function public.stale_repair_orders(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.stale_repair_orders(uuid, jsonb) to service_role;
