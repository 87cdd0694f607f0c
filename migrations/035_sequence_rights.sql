-- Sequences belong to the service role, as tables do: on Supabase each new one is open to the roles of the API by default.
-- Relies on 017 and 030. No lock worth naming.

revoke all on sequence public.dirty_days_generation_seq, public.audit_log_id_seq from public, anon, authenticated;
