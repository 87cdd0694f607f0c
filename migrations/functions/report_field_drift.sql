-- Fields of TM's answers that are not as this release knows them, one row per shop and field.
-- p_fields: [{kind: unknown|gone|refused, path, ro}]. Says which are new, and which of those that are gone a person has
-- decided to do without.
create or replace function public.report_field_drift(p_shop_id uuid, p_fields jsonb)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with incoming as (
    select distinct on (f.kind, f.path) f.kind, f.path, f.ro
      from jsonb_to_recordset(p_fields) as f(kind text, path text, ro bigint)
     order by f.kind, f.path
  ), written as (
    insert into public.tm_field_drift as d (shop_id, kind, path, ro_tm_id)
    select p_shop_id, i.kind, i.path, i.ro from incoming i order by i.kind, i.path
    on conflict (shop_id, kind, path) do update
       set last_seen_at = now(), reports = d.reports + 1, ro_tm_id = excluded.ro_tm_id
    returning d.path, d.reports, d.accepted_at
  )
  select jsonb_build_object(
    'new', coalesce(jsonb_agg(w.path order by w.path) filter (where w.reports = 1), '[]'),
    'accepted', coalesce(jsonb_agg(w.path order by w.path) filter (where w.accepted_at is not null), '[]'))
    from written w
$$;

comment on function public.report_field_drift(uuid, jsonb) is
  'Counts drifting fields [{kind, path, ro}]. Returns {new: paths never reported before, accepted: paths that may be gone}.';

revoke execute on function public.report_field_drift(uuid, jsonb) from public, anon, authenticated;
grant execute on function public.report_field_drift(uuid, jsonb) to service_role;
