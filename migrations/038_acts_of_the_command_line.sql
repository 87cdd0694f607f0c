-- Acts over the command line stand in the audit log too: whoever may run it has the service key, so the name is the one the
-- operating system knows. Relies on 030. Looks at the log once under its lock (at most 400 days of acts).

alter table public.audit_log
  drop constraint audit_log_actor_kind_check,
  add constraint audit_log_actor_kind_check check (actor_kind in ('user', 'key', 'cli'));

comment on table public.audit_log is
  'Acts of operators: requests and commands that change something, done or refused, by a person, a machine key or over the command line. Kept for 400 days.';
comment on column public.audit_log.at is 'When it was asked for, by the clock of the process that did it (UTC).';
comment on column public.audit_log.actor_kind is 'user (a signed-in person), key (a machine key) or cli (the command line).';
comment on column public.audit_log.actor_id is 'auth.users id, machine_keys id, or the user of the operating system.';
comment on column public.audit_log.actor_name is 'Name of the machine key, or of the machine where the command ran; NULL for people, whose id is enough.';
comment on column public.audit_log.act is 'Method and route, for example POST /api/sync/repair-orders/{ro_id}, or the command, for example warehouse keys create.';
comment on column public.audit_log.status is 'HTTP status of the answer: 2xx done, 4xx refused, 5xx failed; a command gets the one that says the same.';
comment on column public.audit_log.request_id is 'Request id, as in the log lines and in the answer; a command has one of its own.';
