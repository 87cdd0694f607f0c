-- Customers and vehicles of a shop that are placeholders and were never asked for by id, and what decides how to get them:
-- those older than the last complete list (it did not show them, so only a read by id can), and how long that list was.
create or replace function public.unknown_parties(p_shop_id uuid, p_limit integer)
returns jsonb
language sql
stable
security invoker
set search_path = ''
as $$
  with unknown as (
    select 'customers' as kind, c.tm_id, c.created_at
      from public.customers c
     where c.shop_id = p_shop_id and c.is_placeholder and c.looked_up_at is null
    union all
    select 'vehicles', v.tm_id, v.created_at
      from public.vehicles v
     where v.shop_id = p_shop_id and v.is_placeholder and v.looked_up_at is null
  ), judged as (
    select u.kind, u.tm_id, coalesce(u.created_at < s.cursor_at, false) as unlisted,
           row_number() over (partition by u.kind order by u.created_at, u.tm_id) as position
      from unknown u
      left join public.sync_cursors s on s.shop_id = p_shop_id and s.entity_type = u.kind
  )
  select jsonb_object_agg(k.kind, jsonb_build_object(
           'unlisted', (select count(*) from judged j where j.kind = k.kind and j.unlisted),
           'fresh', (select count(*) from judged j where j.kind = k.kind and not j.unlisted),
           'tm_ids', (select coalesce(jsonb_agg(j.tm_id order by j.position), '[]')
                        from judged j where j.kind = k.kind and j.position <= p_limit),
           'list_pages', (select (s.state ->> 'pages')::integer
                            from public.sync_cursors s where s.shop_id = p_shop_id and s.entity_type = k.kind)))
    from (values ('customers'), ('vehicles')) k(kind)
$$;

comment on function public.unknown_parties(uuid, integer) is
  'Placeholders never asked for by id: {customers, vehicles: {unlisted, fresh (newer than the last complete list), tm_ids (oldest first, at most p_limit), list_pages (of that list; null when there was none)}}.';

revoke execute on function public.unknown_parties(uuid, integer) from public, anon, authenticated;
grant execute on function public.unknown_parties(uuid, integer) to service_role;
