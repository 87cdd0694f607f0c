-- Schedules that an operator has paused. In the warehouse and not in the queue store, so that a pause outlives a restart and a
-- store that came back empty. Service role only. Relies on nothing. New table, no lock on existing data.

create table public.schedule_pauses (
  schedule  text primary key,
  paused_at timestamptz not null default now(),
  paused_by text not null,
  check (schedule ~ '^[a-z0-9.-]{1,100}$')
);

comment on table public.schedule_pauses is 'Schedules that start nothing until they are resumed.';
comment on column public.schedule_pauses.schedule is 'Id of the schedule: its name, and TM''s shop number if it is one shop''s, for example discover-board.4321.';
comment on column public.schedule_pauses.paused_at is 'Since when (UTC).';
comment on column public.schedule_pauses.paused_by is 'user:<auth.users id>, key:<machine_keys id>, or cli.';

alter table public.schedule_pauses enable row level security;
revoke all on public.schedule_pauses from public, anon, authenticated;
grant all on public.schedule_pauses to service_role;
create policy schedule_pauses_service on public.schedule_pauses for all to service_role using (true) with check (true);
