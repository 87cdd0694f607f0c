// supabase-js as a test uses it: no session kept, no realtime (Node 20 has no WebSocket of its own).
import { createClient, type SupabaseClient } from '@supabase/supabase-js'

class NoRealtime {}

/** @param options.token a user's access token; without one the key decides the role */
export const supabaseClient = (options: { url: string; key: string; token?: string }): SupabaseClient =>
  createClient(options.url, options.key, {
    auth: { persistSession: false, autoRefreshToken: false },
    realtime: { transport: NoRealtime as never },
    global: options.token === undefined ? {} : { headers: { Authorization: `Bearer ${options.token}` } },
  })
