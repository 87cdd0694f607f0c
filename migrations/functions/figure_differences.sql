-- Where two objects of figures disagree, over the names both have: [{metric, left, right}].
create or replace function public.figure_differences(p_left jsonb, p_right jsonb)
returns jsonb
language sql
immutable
security invoker
set search_path = ''
as $$
  select coalesce(
           jsonb_agg(jsonb_build_object('metric', f.key, 'left', f.value, 'right', p_right -> f.key) order by f.key), '[]')
    from jsonb_each(p_left) f
   where p_right ? f.key and f.value <> p_right -> f.key
$$;

comment on function public.figure_differences(jsonb, jsonb) is
  'Names both objects have with different values: [{metric, left, right}]. Part of explain_day.';

revoke execute on function public.figure_differences(jsonb, jsonb) from public, anon, authenticated;
grant execute on function public.figure_differences(jsonb, jsonb) to authenticated, service_role;
