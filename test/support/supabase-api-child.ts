// The embedded Supabase API in a process of its own, as PostgREST is one in production. Reads SUPABASE_API_CHILD.
import { startSupabaseApi } from '../../src/embedded/supabase-api/server.ts'
import { silentLog } from '../../src/embedded/log.ts'
import type { ApiChildInput } from './supabase-api-process.ts'

const input = JSON.parse(process.env['SUPABASE_API_CHILD'] ?? '') as ApiChildInput
await startSupabaseApi({ ...input, log: silentLog })
process.send?.('up')
