// Who may use a route: 401 without a valid token, 403 without the role or the shop, and the answer says which of them it is.
import type { Request } from 'express'
import type { Identity } from '../../../core/auth/auth.ts'
import { roleAt, shopsWith, strongestRole } from '../../../core/auth/identity.ts'
import { hasRole, type Role } from '../../../core/auth/roles.ts'
import { DatabaseRejected } from '../../../core/errors.ts'
import type { Services } from '../../../core/services.ts'
import type { Shop } from '../../../core/warehouse/warehouse.ts'
import { HttpProblem } from '../problem.ts'
import { callerOf, refusalOf } from '../session.ts'
import type { ShopRef } from './fields.ts'
import { badInput, type ReadInput } from './input.ts'
import type { ApiParts } from './parts.ts'
import type { ApiRoute } from './route.ts'

/** The caller of a route that takes one, with the role somewhere. @throws HttpProblem 401, 403, 429; TokenRefused */
export const admit = async (route: ApiRoute, req: Request, { limits }: ApiParts): Promise<Identity> => {
  const caller = callerOf(req)
  if (caller === null || (caller.via === 'cookie' && !route.cookie))
    throw refusalOf(req) ?? unauthenticated(caller !== null)
  const { identity } = caller
  await limits.take(identity)
  const needed = route.role
  if (needed !== null && !hasRole(strongestRole(identity), needed)) throw roleRequired(needed, 'anywhere')
  return identity
}

const unauthenticated = (hasCookie: boolean): HttpProblem =>
  new HttpProblem({
    status: 401,
    code: 'TOKEN_REQUIRED',
    detail: hasCookie
      ? 'This route takes a bearer token only, never a cookie; use POST from a browser.'
      : 'This route takes a bearer token: sign in at /api/auth/login, or use a machine key.',
    headers: { 'WWW-Authenticate': 'Bearer realm="tekmetric-warehouse"' },
  })

const roleRequired = (needed: Role, where: 'anywhere' | 'here' | 'installation'): HttpProblem =>
  new HttpProblem({
    status: 403,
    code: 'ROLE_REQUIRED',
    detail: {
      anywhere: `This takes the role ${needed}.`,
      here: `This takes the role ${needed} at this shop; yours is weaker.`,
      installation: `This concerns all shops and takes the role ${needed} for the whole installation.`,
    }[where],
  })

const shopRequired = (): HttpProblem =>
  new HttpProblem({ status: 403, code: 'SHOP_REQUIRED', detail: 'This shop is not one of yours.' })

/** What the scope of a route adds to its context. @throws HttpProblem 400 (unknown shop), 403, 404 (unknown run or backfill) */
export const scopeOf = async (
  route: ApiRoute,
  identity: Identity,
  { query, params }: ReadInput,
  { services }: ApiParts,
): Promise<object> => {
  const needed = route.role ?? 'employee'
  switch (route.scope) {
    case 'public':
      return {}
    case 'installation':
      if (!hasRole(identity.role, needed)) throw roleRequired(needed, 'installation')
      return { identity }
    case 'shop':
      return { identity, shop: await shopFor(identity, needed, query['shop_id'] as ShopRef, services) }
    case 'shops': {
      const named = query['shop_id'] as ShopRef | undefined
      const shop = named === undefined ? null : await shopFor(identity, needed, named, services)
      return { identity, shop, shopIds: shop === null ? shopsWith(identity, needed) : [shop.id] }
    }
    case 'run': {
      const read = services.warehouse.runs.progress({ runId: String(params['id']) })
      return { identity, run: await ofShop(identity, needed, { read, missing: noSuch('run') }) }
    }
    case 'backfill': {
      const read = services.warehouse.backfills.progress({ backfillId: String(params['id']) })
      return { identity, backfill: await ofShop(identity, needed, { read, missing: noSuch('backfill') }) }
    }
  }
}

/** The shop, for who has the role there. Whoever has not every shop does not learn which others exist. */
const shopFor = async (
  identity: Identity,
  needed: Role,
  ref: ShopRef,
  { shops }: Services,
): Promise<Shop> => {
  const matches = (s: Shop) => ('id' in ref ? s.id === ref.id : s.tmId === ref.tmId)
  let shop = (await shops.all()).find(matches)
  if (shop === undefined && identity.everyShop) {
    // Perhaps it was added a moment ago.
    shops.forget()
    shop = (await shops.all()).find(matches)
    if (shop === undefined)
      throw badInput([{ path: 'shop_id', message: 'there is no such shop in the warehouse' }])
  }
  const role = shop === undefined ? null : roleAt(identity, shop.id)
  if (shop === undefined || role === null) throw shopRequired()
  if (!hasRole(role, needed)) throw roleRequired(needed, 'here')
  return shop
}

/** A run or a backfill, for who has the role at its shop. */
const ofShop = async <T extends { readonly shopId: string }>(
  identity: Identity,
  needed: Role,
  { read, missing }: { readonly read: Promise<T>; readonly missing: HttpProblem },
): Promise<T> => {
  const found = await read.catch((error: unknown) => {
    if (error instanceof DatabaseRejected && error.details['sqlstate'] === '22023') throw missing
    throw error
  })
  const role = roleAt(identity, found.shopId)
  if (role === null) throw shopRequired()
  if (!hasRole(role, needed)) throw roleRequired(needed, 'here')
  return found
}

const noSuch = (what: 'run' | 'backfill'): HttpProblem =>
  new HttpProblem({
    status: 404,
    code: `NO_SUCH_${what.toUpperCase()}`,
    detail: `There is no ${what} with this id.`,
  })
