-- Fingerprint of parts, sublets and fees in a bundle, by job. jsonb prints keys in one order, so equal lines hash equal.
create or replace function public.ro_lines_hash(p_bundle jsonb)
returns text
language plpgsql
immutable
security invoker
set search_path = ''
as $$
begin
  return (
    select encode(sha256(convert_to(
             coalesce(string_agg(
               concat_ws('|', j.value ->> 'tm_id', j.value -> 'parts', j.value -> 'sublets', j.value -> 'fees'), ';'), '')
               || (p_bundle -> 'sublets')::text || (p_bundle -> 'fees')::text,
             'UTF8')), 'hex')
      from jsonb_array_elements(p_bundle -> 'jobs') j
  );
end
$$;

comment on function public.ro_lines_hash(jsonb) is
  'Hash of the lines of a bundle that do not depend on pay. Part of apply_repair_order.';

revoke execute on function public.ro_lines_hash(jsonb) from public, anon, authenticated;
grant execute on function public.ro_lines_hash(jsonb) to service_role;
