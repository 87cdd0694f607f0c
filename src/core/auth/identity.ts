// Who calls, and what that allows at which shop. Roles come from `app_metadata` (everywhere the person has a shop) and from
// `user_shop_access` (at one shop); the stronger of the two counts there. An admin by `app_metadata` has every shop.
import { hasRole, ROLES, strongerRole, type Role } from './roles.ts'

export interface Identity {
  readonly kind: 'user' | 'key'
  /** `auth.users` id, or the id of the machine key. */
  readonly userId: string
  readonly email: string | null
  /** Name of a machine key; null for people. */
  readonly name: string | null
  /** The role in the installation as a whole: Bull Board and what concerns no single shop. null: none. */
  readonly role: Role | null
  /** `role` counts at every shop, also those added later. */
  readonly everyShop: boolean
  /** Role by our shop id, for those who do not have every shop. */
  readonly shops: ReadonlyMap<string, Role>
  readonly expiresAt: Date
}

/** @returns null when the caller has nothing to do with this shop */
export const roleAt = ({ role, everyShop, shops }: Identity, shopId: string): Role | null =>
  everyShop ? role : (shops.get(shopId) ?? null)

/** The strongest role the caller has anywhere. */
export const strongestRole = ({ role, shops }: Identity): Role | null =>
  [...shops.values()].reduce<Role | null>(strongerRole, role)

/** Our ids of the shops where the caller has at least this role; null means every shop. */
export const shopsWith = (identity: Identity, needed: Role): readonly string[] | null =>
  identity.everyShop
    ? hasRole(identity.role, needed)
      ? null
      : []
    : [...identity.shops].filter(([, role]) => hasRole(role, needed)).map(([shopId]) => shopId)

export interface Person {
  readonly userId: string
  readonly email: string | null
  /** From `app_metadata`. */
  readonly role: Role | null
  /** From `user_shop_access`. */
  readonly shops: ReadonlyMap<string, Role>
  readonly expiresAt: Date
}

/** A signed-in person. */
export const personIdentity = ({ role, shops, ...person }: Person): Identity => ({
  ...person,
  kind: 'user',
  name: null,
  role,
  everyShop: role === 'admin',
  shops: new Map([...shops].map(([id, atShop]) => [id, strongerRole(role, atShop) ?? ROLES[0]])),
})

export interface Key {
  readonly id: string
  readonly name: string
  readonly role: Role
  /** null opens all. */
  readonly shops: readonly string[] | null
}

/** A program with a machine key. A key of some shops has no say in the installation as a whole. */
export const keyIdentity = ({ id, name, role, shops }: Key): Identity => ({
  kind: 'key',
  userId: id,
  email: null,
  name,
  role: shops === null ? role : null,
  everyShop: shops === null,
  shops: new Map((shops ?? []).map((shopId) => [shopId, role])),
  expiresAt: new Date(8.64e15),
})
