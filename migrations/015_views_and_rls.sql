-- Row-level security and rights of all tables so far, and who may read which shop.
-- Views are repeatable files in views/ (customers_analytics has no personal data).
-- Relies on 001-014, roles anon, authenticated, service_role and auth.uid(). Locks each table for an instant.

create table public.user_shop_access (
  user_id    uuid not null,
  shop_id    uuid not null references public.shops (id) on delete cascade,
  role       text not null default 'employee',
  created_at timestamptz not null default now(),
  primary key (user_id, shop_id),
  check (role in ('admin', 'manager', 'employee'))
);

create index user_shop_access_shop_id_idx on public.user_shop_access (shop_id);

comment on table public.user_shop_access is
  'Which signed-in user may read which shop. Row-level security of every other table asks it.';
comment on column public.user_shop_access.user_id is 'auth.users id; no foreign key, the auth schema is not ours.';
comment on column public.user_shop_access.shop_id is 'A shop this user may read.';
comment on column public.user_shop_access.role is 'admin, manager or employee, in falling order.';
comment on column public.user_shop_access.created_at is 'When this row was first written here (UTC).';

-- The same five statements for every table: enabled, nothing for anon, members read, the service role writes.
-- The sub-select is evaluated once per statement (init plan), never once per row.
do $$
declare
  v_table text;
begin
  foreach v_table in array array[
    'employees',
    'customers',
    'vehicles',
    'repair_orders',
    'repair_order_reads',
    'jobs',
    'job_parts',
    'job_labor',
    'job_sublets',
    'job_fees',
    'ro_snapshots',
    'daily_shop_metrics',
    'tech_daily_metrics',
    'sync_cursors',
    'sync_log'
  ] loop
    execute format('alter table public.%I enable row level security', v_table);
    execute format('revoke all on public.%I from public, anon, authenticated', v_table);
    execute format('grant all on public.%I to service_role', v_table);
    execute format('grant select on public.%I to authenticated', v_table);
    execute format(
      'create policy %I on public.%I for all to service_role using (true) with check (true)',
      v_table || '_service', v_table);
    execute format(
      'create policy %I on public.%I for select to authenticated using (shop_id in '
      '(select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())))',
      v_table || '_members', v_table);
  end loop;
end
$$;

-- A shop is its own key.
alter table public.shops enable row level security;
revoke all on public.shops from public, anon, authenticated;
grant all on public.shops to service_role;
create policy shops_service on public.shops for all to service_role using (true) with check (true);
grant select on public.shops to authenticated;
create policy shops_members on public.shops for select to authenticated
  using (id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));

-- Users see their own grants and nobody else's.
alter table public.user_shop_access enable row level security;
revoke all on public.user_shop_access from public, anon, authenticated;
grant all on public.user_shop_access to service_role;
create policy user_shop_access_service on public.user_shop_access for all to service_role using (true) with check (true);
grant select on public.user_shop_access to authenticated;
create policy user_shop_access_members on public.user_shop_access for select to authenticated
  using (user_id = (select auth.uid()));

-- Raw answers hold whatever TM sent: the service role only.
alter table public.tm_raw_payloads enable row level security;
revoke all on public.tm_raw_payloads from public, anon, authenticated;
grant all on public.tm_raw_payloads to service_role;
create policy tm_raw_payloads_service on public.tm_raw_payloads for all to service_role using (true) with check (true);
