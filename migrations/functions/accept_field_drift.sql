-- A person decides to go on without fields that are gone (or takes that back): ROs that lack them are stored again.
create or replace function public.accept_field_drift(p_shop_id uuid, p_path text, p_accepted boolean)
returns jsonb
language sql
volatile
security invoker
set search_path = ''
as $$
  with changed as (
    update public.tm_field_drift d
       set accepted_at = case when p_accepted then now() end
     where d.shop_id = p_shop_id and d.kind = 'gone' and d.path = p_path
       and (d.accepted_at is not null) <> p_accepted
    returning d.path
  )
  select jsonb_build_object('changed', count(*) > 0) from changed
$$;

comment on function public.accept_field_drift(uuid, text, boolean) is
  'Accepts (or no longer accepts) that a field is gone from the answers of a shop. Returns {changed}.';

revoke execute on function public.accept_field_drift(uuid, text, boolean) from public, anon, authenticated;
grant execute on function public.accept_field_drift(uuid, text, boolean) to service_role;
