-- Events of one moment come in pages too: recent_events takes the place to go on from. Who calls it without still may.
-- Relies on nothing. Drops a function that is made anew right after, no lock on data.

drop function if exists public.recent_events(timestamptz, integer);
