// Who may do what, as the warehouse knows it: shops of signed-in people and machine keys.
import { z } from 'zod'
import { ROLES, type Role } from '../auth/roles.ts'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Instant } from './shapes.ts'

const RoleName = z.enum(ROLES)
const Granted = z.array(z.object({ shop_id: z.uuid(), role: RoleName }))
const Used = z.object({
  key: z
    .object({ key_id: z.uuid(), name: z.string(), role: RoleName, shops: z.array(z.uuid()).nullable() })
    .nullable(),
})
const Listed = z.array(
  z.object({
    key_id: z.uuid(),
    name: z.string(),
    hint: z.string(),
    role: RoleName,
    shops: z.array(z.int()).nullable(),
    created_at: Instant,
    last_used_at: Instant.nullable(),
    revoked_at: Instant.nullable(),
  }),
)

/** A machine key as its use shows it; `shops` null opens all. */
export interface MachineKey {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly shops: readonly string[] | null
}

export const accessCalls = (api: WarehouseApi) => ({
  /** The shops of a person (by `auth.users` id) and the role at each. */
  shopsOf: async ({ userId }: { userId: string }): Promise<ReadonlyMap<string, Role>> => {
    const rows = await callRpc(api, 'caller_shops', { p_user_id: userId }, Granted)
    return new Map(rows.map(({ shop_id, role }) => [shop_id, role]))
  },

  /** The key with this SHA-256 (hex), while it is not revoked. */
  useKey: async ({ keyHash }: { keyHash: string }): Promise<MachineKey | null> => {
    const { key } = await callRpc(api, 'use_machine_key', { p_key_hash: keyHash }, Used)
    return key === null ? null : { id: key.key_id, name: key.name, role: key.role, shops: key.shops }
  },

  /** Stores a key by its hash. `shops` null opens all, also those added later. */
  createKey: async (key: {
    name: string
    keyHash: string
    hint: string
    role: Role
    shops: readonly string[] | null
  }) => {
    const args = {
      p_name: key.name,
      p_key_hash: key.keyHash,
      p_hint: key.hint,
      p_role: key.role,
      p_shops: key.shops,
    }
    const { key_id } = await callRpc(api, 'create_machine_key', args, z.object({ key_id: z.uuid() }))
    return { keyId: key_id }
  },

  /** All keys, newest first, revoked ones included; never a key nor its hash. */
  listKeys: async () =>
    (await callRpc(api, 'list_machine_keys', {}, Listed)).map((row) => ({
      keyId: row.key_id,
      name: row.name,
      hint: row.hint,
      role: row.role,
      /** TM's shop numbers; null: all. */
      shops: row.shops,
      createdAt: row.created_at,
      lastUsedAt: row.last_used_at,
      revokedAt: row.revoked_at,
    })),

  /** Ends a key for good. @throws DatabaseRejected (data) for an unknown id */
  revokeKey: ({ keyId }: { keyId: string }) =>
    callRpc(api, 'revoke_machine_key', { p_key_id: keyId }, z.object({ name: z.string() })),
})
