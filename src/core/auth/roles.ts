// The three roles, weakest first, and where they come from: `app_metadata` of the user record and nothing else.
// A user may edit `user_metadata`, so it is never looked at.
import { z } from 'zod'

export const ROLES = ['employee', 'manager', 'admin'] as const
export type Role = (typeof ROLES)[number]

const AppMetadata = z.object({
  role: z.string().optional().catch(undefined),
  roles: z.array(z.string()).optional().catch(undefined),
})

/** True when `role` is `needed` or above it; nobody (null) is below every role. */
export const hasRole = (role: Role | null, needed: Role): boolean =>
  role !== null && ROLES.indexOf(role) >= ROLES.indexOf(needed)

/**
 * The strongest known role in a user's `app_metadata` (`role: 'manager'` or `roles: ['manager']`).
 * @returns null when there is none that we know
 */
export const roleFromAppMetadata = (appMetadata: unknown): Role | null => {
  const parsed = AppMetadata.safeParse(appMetadata)
  if (!parsed.success) return null
  const named = new Set([parsed.data.role, ...(parsed.data.roles ?? [])])
  return ROLES.toReversed().find((role) => named.has(role)) ?? null
}

/** The stronger of two roles; null is weaker than any. */
export const strongerRole = (a: Role | null, b: Role | null): Role | null =>
  a !== null && hasRole(b, a) ? b : (a ?? b)
