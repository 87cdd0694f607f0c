-- What the event stream of the API reads every second: newest outcomes, newest changed days, newest runs, each without
-- looking at the rest. The last index also serves the list of runs of all shops.
-- Relies on 012, 014 and 016. Reads three tables once under a share lock (some seconds at a million items).

create index sync_run_items_read_at_idx on public.sync_run_items (settled_at)
  where outcome not in ('pending', 'skipped');
create index daily_shop_metrics_updated_at_idx on public.daily_shop_metrics (updated_at);
create index sync_log_started_at_idx on public.sync_log (started_at desc, id desc);
