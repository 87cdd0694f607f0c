-- Restatements: what changed on a day that was already over.
-- Relies on 001. New table, no lock on existing data.

create table public.metric_restatements (
  id          uuid primary key default gen_random_uuid(),
  shop_id     uuid not null references public.shops (id),
  metric_date date not null,
  metric      text not null,
  old_value   numeric,
  new_value   numeric,
  ro_tm_ids   bigint[] not null default '{}',
  restated_at timestamptz not null default now()
);

create index metric_restatements_shop_date_idx on public.metric_restatements (shop_id, metric_date, restated_at desc);

comment on table public.metric_restatements is
  'A metric of a day before the shop today changed: which, from what, to what, because of which ROs.';
comment on column public.metric_restatements.id is 'Our key; other tables link to it.';
comment on column public.metric_restatements.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.metric_restatements.metric_date is 'Shop-local calendar day.';
comment on column public.metric_restatements.metric is 'Column of daily_shop_metrics.';
comment on column public.metric_restatements.old_value is 'Value before; NULL when the day had no row.';
comment on column public.metric_restatements.new_value is 'Value after; NULL when the day lost its row.';
comment on column public.metric_restatements.ro_tm_ids is 'TM ids of the ROs that caused it.';
comment on column public.metric_restatements.restated_at is 'When (UTC).';

alter table public.metric_restatements enable row level security;
revoke all on public.metric_restatements from public, anon, authenticated;
grant all on public.metric_restatements to service_role;
create policy metric_restatements_service on public.metric_restatements for all to service_role using (true) with check (true);
grant select on public.metric_restatements to authenticated;
create policy metric_restatements_members on public.metric_restatements for select to authenticated
  using (shop_id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));
