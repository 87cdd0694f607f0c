// Who may see the promoted shops. Users have other ids in the target, so they are found by e-mail address; one that is
// missing is created without a password where the target's auth schema is understood, and named for an invitation where
// it is not. Existing accounts are never changed, passwords never copied.
import { randomUUID } from 'node:crypto'
import { AUTH_UNKNOWN, createUser, creationObstacle } from './auth-schema.ts'
import { inTransaction, type Client } from './connection.ts'
import { fingerprintOf, type Fingerprint } from './checksum.ts'
import { noteUser, usersOf, type PromotedUser, type Promotion } from './record.ts'

interface Access {
  readonly shop_id: string
  readonly role: string
  readonly created_at: string
}

interface SourceUser {
  readonly id: string
  readonly email: string
  readonly role: string | null
  readonly access: readonly Access[]
}

export interface UserReport extends PromotedUser {
  /** Why the account could not be created; null for those that are there. */
  readonly obstacle: string | null
  /** The role over all shops, in the source; an existing account of the target keeps its own. */
  readonly role: string | null
  readonly roleInTarget: string | null
  readonly shops: readonly { readonly shopId: string; readonly role: string }[]
}

/** Those with a role, or with access to one of the shops. */
const sourceUsers = async (
  source: Client,
  shopIds: readonly string[],
  except: readonly string[],
): Promise<SourceUser[]> => {
  const { rows } = await source.query<SourceUser>(
    `select u.id, lower(u.email) as email, u.raw_app_meta_data ->> 'role' as role,
            coalesce(jsonb_agg(jsonb_build_object('shop_id', a.shop_id, 'role', a.role, 'created_at', a.created_at::text)
                               order by a.shop_id) filter (where a.shop_id is not null), '[]') as access
       from auth.users u
       left join public.user_shop_access a on a.user_id = u.id and a.shop_id = any($1)
      where u.email is not null and u.deleted_at is null and lower(u.email) <> all($2)
      group by u.id
     having count(a.shop_id) > 0 or u.raw_app_meta_data ->> 'role' in ('admin', 'manager', 'employee')
      order by 2`,
    [shopIds, except.map((email) => email.toLowerCase())],
  )
  return rows
}

interface TargetUser {
  readonly id: string
  readonly role: string | null
  readonly confirmed: boolean
}

/** Whoever signs up with somebody's address has an account of that address; only a confirmed one is that person's. */
const UNCONFIRMED = 'an account with this address is there, and the address is not confirmed'

/** The account people sign in to with this address; one of single sign-on only when there is no other. */
const targetUser = async (target: Client, email: string): Promise<TargetUser | null> => {
  const { rows } = await target.query<TargetUser>(
    `select u.id, u.raw_app_meta_data ->> 'role' as role, u.email_confirmed_at is not null as confirmed
       from auth.users u
      where lower(u.email) = $1 and to_jsonb(u) ->> 'deleted_at' is null
      order by coalesce((to_jsonb(u) ->> 'is_sso_user')::boolean, false), u.created_at limit 1`,
    [email],
  )
  return rows[0] ?? null
}

const grant = async (target: Client, userId: string, access: readonly Access[]): Promise<void> => {
  await target.query(
    `insert into public.user_shop_access (user_id, shop_id, role, created_at)
     select $1, x.shop_id, x.role, x.created_at
       from jsonb_to_recordset($2) as x (shop_id uuid, role text, created_at timestamptz)
     on conflict (user_id, shop_id) do nothing`,
    [userId, JSON.stringify(access)],
  )
}

/** Finds or creates one account. @returns the obstacle when it must be invited */
const settle = async (
  target: Client,
  user: SourceUser,
  obstacle: string | null,
): Promise<{ found: TargetUser | null; created: string | null; obstacle: string | null }> => {
  const found = await targetUser(target, user.email)
  if (found?.confirmed === true) return { found, created: null, obstacle: null }
  const inTheWay = found === null ? obstacle : UNCONFIRMED
  if (inTheWay !== null) return { found: null, created: null, obstacle: inTheWay }
  const id = randomUUID()
  await target.query('savepoint new_user')
  try {
    await createUser(target, { id, email: user.email, role: user.role })
    await target.query('release savepoint new_user')
    return { found: null, created: id, obstacle: null }
  } catch (error) {
    // A trigger or constraint of the project's own: the invitation will meet it, and tell a person.
    await target.query('rollback to savepoint new_user')
    const code = error instanceof Error && 'code' in error ? String(error.code) : AUTH_UNKNOWN
    return { found: null, created: null, obstacle: `the target refused the account (${code})` }
  }
}

export interface UsersTask {
  readonly source: Client
  readonly target: Client
  readonly promotion: Promotion
  /** Addresses that stay behind: the demo's own login. */
  readonly except: readonly string[]
}

/**
 * Gives users access to the promoted shops; everyone once. A finished promotion looks again only for those who were
 * awaited, so access that was taken away in the target since is not given back.
 */
export const promoteUsers = ({ source, target, promotion, except }: UsersTask): Promise<UserReport[]> =>
  inTransaction(target, async () => {
    const known = new Map((await usersOf(target, [promotion.id])).map((user) => [user.sourceId, user]))
    const obstacle = await creationObstacle(target)
    const reports: UserReport[] = []
    for (const user of await sourceUsers(source, promotion.shopIds, except)) {
      const before = known.get(user.id)
      if (before === undefined && promotion.verifiedAt !== null) continue
      reports.push(
        before === undefined || before.outcome === 'awaited'
          ? await promoteUser(target, promotion, user, obstacle)
          : await reportOf(target, user, before),
      )
    }
    return reports
  })

const shopsOf = ({ access }: SourceUser): UserReport['shops'] =>
  access.map(({ shop_id, role }) => ({ shopId: shop_id, role }))

const promoteUser = async (
  target: Client,
  promotion: Promotion,
  user: SourceUser,
  general: string | null,
): Promise<UserReport> => {
  const { found, created, obstacle } = await settle(target, user, general)
  const targetId = found?.id ?? created
  const outcome = found === null ? (created === null ? 'awaited' : 'created') : 'found'
  const promoted: PromotedUser = { sourceId: user.id, email: user.email, targetId, outcome }
  if (targetId !== null) await grant(target, targetId, user.access)
  await noteUser(target, promotion.id, promoted)
  const roleInTarget = created === null ? (found?.role ?? null) : user.role
  return { ...promoted, obstacle, role: user.role, roleInTarget, shops: shopsOf(user) }
}

const reportOf = async (target: Client, user: SourceUser, before: PromotedUser): Promise<UserReport> => {
  const there = await targetUser(target, user.email)
  return {
    ...before,
    obstacle: null,
    role: user.role,
    roleInTarget: there?.role ?? null,
    shops: shopsOf(user),
  }
}

/** Access compared by address, because ids differ: in the source that of users who have arrived, in the target all. */
export const accessFingerprints = async (
  source: Client,
  target: Client,
  shopIds: readonly string[],
  promotionIds: readonly string[],
): Promise<{ source: Fingerprint; target: Fingerprint }> => {
  const line = 'row(lower(u.email), a.shop_id, a.role, a.created_at)::text as line'
  const arrived = (await usersOf(target, promotionIds)).filter((user) => user.targetId !== null)
  return {
    source: await fingerprintOf(
      source,
      `select ${line} from public.user_shop_access a join auth.users u on u.id = a.user_id
        where a.shop_id = any($1) and a.user_id = any($2)`,
      [shopIds, arrived.map(({ sourceId }) => sourceId)],
    ),
    target: await fingerprintOf(
      target,
      `select ${line} from public.user_shop_access a left join auth.users u on u.id = a.user_id
        where a.shop_id = any($1)`,
      [shopIds],
    ),
  }
}
