-- The event stream of the API also tells of ROs that were read without a run (a webhook), so it asks for the newest reads.
-- A read was a write within its page until now; it also moves one entry of this index.
-- Relies on 005. Reads one table once under a share lock (some seconds at a million ROs).

create index repair_order_reads_read_at_idx on public.repair_order_reads (read_at);
