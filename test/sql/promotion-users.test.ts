// Users of a promoted warehouse: found by address, created without a password, or named for an invitation; nobody's
// account is changed, and what an administrator took away in the target stays away.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { promote, type PromotionReport } from '../../src/core/warehouse/promotion/promote.ts'
import { withClient } from '../../src/embedded/database.ts'
import { ensureUser } from '../../src/embedded/supabase-api/users.ts'
import { createEmptyProject, optionsFor, valueOf, type Target } from '../support/promotion-world.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'

let source: WarehouseWorld
const projects: Target[] = []
const project = async (): Promise<Target> => {
  const made = await createEmptyProject()
  projects.push(made)
  return made
}

const account = (databaseUrl: string, email: string, role: string | null = null): Promise<string> =>
  ensureUser({
    databaseUrl,
    email,
    password: `password of ${email}`,
    appMetadata: role === null ? {} : { role },
  })

const member = async (email: string, role: string): Promise<void> => {
  const id = await account(source.database.ownerUrl, email)
  await source.query('insert into public.user_shop_access (user_id, shop_id, role) values ($1, $2, $3)', [
    id,
    source.shopId,
    role,
  ])
}

beforeAll(async () => {
  source = await createWarehouseWorld()
  await member('found@example.com', 'manager')
  await member('missing@example.com', 'employee')
  await account(source.database.ownerUrl, 'admin@example.com', 'admin')
  await account(source.database.ownerUrl, 'demo@example.com', 'admin')
  await account(source.database.ownerUrl, 'nobody@example.com')
})
afterAll(async () => {
  await source.close()
  for (const each of projects) await each.drop()
})

const run = (target: Target): Promise<PromotionReport> =>
  promote(optionsFor(source, target, { usersLeftBehind: ['Demo@example.com'] }))

const outcomes = ({ users }: PromotionReport): Record<string, string> =>
  Object.fromEntries(users.map(({ email, outcome }) => [email, outcome]))

/** Address and role of everyone who may see the shop in the target. */
const accessIn = (target: Target): Promise<string[] | null> =>
  valueOf(
    target.ownerUrl,
    `select array_agg(u.email || ' ' || a.role order by u.email)
       from public.user_shop_access a join auth.users u on u.id = a.user_id`,
  )

test('an account with the address gets the access and keeps everything else it has', async () => {
  const target = await project()
  const id = await account(target.ownerUrl, 'found@example.com', 'employee')
  await withClient(target.ownerUrl, (client) =>
    client.query(`update auth.users set email = 'Found@Example.com' where id = $1`, [id]),
  )
  const before = await valueOf(target.ownerUrl, 'select u::text from auth.users u where id = $1', [id])
  const report = await run(target)
  expect(report.equal).toBe(true)
  expect(outcomes(report)['found@example.com']).toBe('found')
  expect(report.users.find(({ email }) => email === 'found@example.com')).toMatchObject({
    role: null,
    roleInTarget: 'employee',
  })
  expect(await valueOf(target.ownerUrl, 'select u::text from auth.users u where id = $1', [id])).toBe(before)
  expect(await accessIn(target)).toEqual(['Found@Example.com manager', 'missing@example.com employee'])
})

test('a missing account is made with its role and without a password; the demo login and strangers stay behind', async () => {
  const target = await project()
  const report = await run(target)
  expect(outcomes(report)).toEqual({
    'admin@example.com': 'created',
    'found@example.com': 'created',
    'missing@example.com': 'created',
  })
  await withClient(target.ownerUrl, async (client) => {
    const { rows } = await client.query(
      `select u.email, u.raw_app_meta_data ->> 'role' as role, u.encrypted_password as password,
              u.confirmation_token is not null as tokens, u.email_confirmed_at is not null as confirmed, i.provider
         from auth.users u join auth.identities i on i.user_id = u.id and i.provider_id = u.id::text order by 1`,
    )
    const made = { password: '', tokens: true, confirmed: true, provider: 'email' }
    expect(rows).toEqual([
      { email: 'admin@example.com', role: 'admin', ...made },
      { email: 'found@example.com', role: null, ...made },
      { email: 'missing@example.com', role: null, ...made },
    ])
  })
  expect(await accessIn(target)).toEqual(['found@example.com manager', 'missing@example.com employee'])
})

test('where the auth schema is not understood nobody is made, and access follows the invitation', async () => {
  const target = await project()
  await withClient(target.adminUrl, (client) =>
    client.query('alter table auth.users add column tenant uuid not null'),
  )
  const first = await run(target)
  expect(first.equal).toBe(true)
  expect(new Set(Object.values(outcomes(first)))).toEqual(new Set(['awaited']))
  expect(first.users[0]?.obstacle).toContain('not as expected (tenant)')
  expect(await accessIn(target)).toBeNull()

  await withClient(target.adminUrl, (client) => client.query('alter table auth.users drop column tenant'))
  await account(target.ownerUrl, 'missing@example.com')
  const second = await run(target)
  expect(outcomes(second)['missing@example.com']).toBe('found')
  expect(await accessIn(target)).toContain('missing@example.com employee')
  expect(second).toMatchObject({ copied: 0, equal: true })
})

test('an account whose address nobody confirmed gets nothing', async () => {
  const target = await project()
  await account(target.ownerUrl, 'found@example.com')
  await withClient(target.ownerUrl, (client) =>
    client.query('update auth.users set email_confirmed_at = null'),
  )
  const report = await run(target)
  expect(outcomes(report)['found@example.com']).toBe('awaited')
  expect(await accessIn(target)).toEqual(['missing@example.com employee'])
})

test('access that was taken away in the target is not given back by another run, nor new access given', async () => {
  const target = await project()
  await run(target)
  await member('later@example.com', 'employee')
  await withClient(target.ownerUrl, (client) => client.query('delete from public.user_shop_access'))
  const again = await run(target)
  expect(await accessIn(target)).toBeNull()
  expect(again.tables.filter(({ equal }) => !equal).map(({ table }) => table)).toEqual(['user_shop_access'])
})
