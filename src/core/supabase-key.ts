// What a Supabase API key says of itself, without verifying it: enough to notice a mixed-up key before anything starts.
import { z } from 'zod'

const Claims = z.object({ role: z.string() })

/**
 * The role inside a key: `anon`, `service_role`, … for JWT keys; by prefix for the newer opaque keys.
 * @returns null when the key does not say
 */
export const readKeyRole = (key: string): string | null => {
  if (key.startsWith('sb_secret_')) return 'service_role'
  if (key.startsWith('sb_publishable_')) return 'anon'
  const payload = key.split('.')[1]
  if (payload === undefined) return null
  try {
    const claims = Claims.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')))
    return claims.success ? claims.data.role : null
  } catch {
    return null // Not a JWT: an opaque key of a self-hosted gateway.
  }
}
