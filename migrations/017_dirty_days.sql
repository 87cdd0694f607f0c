-- Dirty marks of days: the outbox between a snapshot and the day's metrics.
-- The generation comes from a sequence, so a mark that was deleted and set again never looks like the old one.
-- Relies on 001. New table, no lock on existing data.

create sequence public.dirty_days_generation_seq;
grant usage on sequence public.dirty_days_generation_seq to service_role;

create table public.dirty_days (
  shop_id     uuid not null references public.shops (id),
  metric_date date not null,
  marked_at   timestamptz not null default now(),
  generation  bigint not null default nextval('public.dirty_days_generation_seq'),
  ro_tm_ids   bigint[] not null default '{}',
  primary key (shop_id, metric_date)
);

create index dirty_days_marked_at_idx on public.dirty_days (marked_at);

comment on table public.dirty_days is
  'Days whose metrics have to be recomputed. Written in the transaction that made them dirty, removed by refresh_daily_metrics.';
comment on column public.dirty_days.shop_id is 'The shop this row belongs to; row-level security compares it.';
comment on column public.dirty_days.metric_date is 'Shop-local calendar day.';
comment on column public.dirty_days.marked_at is 'When the oldest unserved mark was set (UTC).';
comment on column public.dirty_days.generation is 'Grows with every mark; a refresh removes only the generation it read.';
comment on column public.dirty_days.ro_tm_ids is 'ROs that made the day dirty, for the restatement log; empty for a rebuild by hand.';

alter table public.dirty_days enable row level security;
revoke all on public.dirty_days from public, anon, authenticated;
grant all on public.dirty_days to service_role;
create policy dirty_days_service on public.dirty_days for all to service_role using (true) with check (true);
grant select on public.dirty_days to authenticated;
create policy dirty_days_members on public.dirty_days for select to authenticated
  using (shop_id in (select a.shop_id from public.user_shop_access a where a.user_id = (select auth.uid())));
