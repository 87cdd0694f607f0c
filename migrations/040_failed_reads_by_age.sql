-- A failed read ends what was asked for before it began: fail_run_item takes the age of the read. Who calls it without still
-- may. Relies on nothing. Drops a function that is made anew right after, no lock on data.

drop function if exists public.fail_run_item(uuid, bigint, uuid, text, jsonb);
