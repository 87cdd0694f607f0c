// What the embedded API must not do (grant, leak, elevate) and what it must do at its edges (no database, busy port).
import { randomBytes } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { withClient } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { openApiConnection } from '../../src/embedded/supabase-api/connection.ts'
import { asPostgrestError } from '../../src/embedded/supabase-api/database-errors.ts'
import { withQuietConsole } from '../../src/embedded/supabase-api/quiet-console.ts'
import { startSupabaseApi, type SupabaseApi } from '../../src/embedded/supabase-api/server.ts'
import { ensureUser } from '../../src/embedded/supabase-api/users.ts'
import { createTestDatabase } from '../support/database.ts'
import { supabaseClient } from '../support/supabase-client.ts'

const database = await createTestDatabase()
const jwtSecret = randomBytes(32).toString('base64url')
const start = (port = 0): Promise<SupabaseApi> =>
  startSupabaseApi({ databaseUrl: database.apiUrl, jwtSecret, port, log: silentLog })
let api: SupabaseApi

const sql = (text: string): Promise<unknown[]> =>
  withClient(database.ownerUrl, async (client) => (await client.query(text)).rows)

beforeAll(async () => {
  await sql(`create table closed (id int); revoke all on closed from anon, authenticated; insert into closed values (1);
    create function closed_role() returns text language sql as 'select current_user::text'`)
  api = await start()
})
afterAll(async () => {
  await api.close()
  await database.drop()
})

test('starting the API grants nothing: what was revoked from anon stays revoked', async () => {
  const anon = supabaseClient({ url: api.url, key: api.anonKey })
  expect((await anon.from('closed').select()).error?.code).toBe('42501')
  const rights = await sql(`select has_table_privilege('anon', 'closed', 'select') as anon,
    has_table_privilege('authenticated', 'closed', 'select') as authenticated`)
  expect(rights).toEqual([{ anon: false, authenticated: false }])
})

test('every request runs as its role, also where no table has RLS', async () => {
  const bare = await createTestDatabase()
  await withClient(bare.ownerUrl, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
    )
    for (const { name } of rows) await client.query(`alter table ${name} disable row level security`)
    await client.query(
      `create function closed_role() returns text language sql as 'select current_user::text'`,
    )
  })
  const other = await startSupabaseApi({ databaseUrl: bare.apiUrl, jwtSecret, log: silentLog })
  const roles = await Promise.all(
    [other.anonKey, other.serviceKey].map((key) =>
      supabaseClient({ url: other.url, key }).rpc('closed_role'),
    ),
  )
  await other.close()
  await bare.drop()
  expect(roles.map(({ data }) => data as unknown)).toEqual(['anon', 'service_role'])
})

test('the role the API connects as owns no table and is no superuser', async () => {
  const found = await sql(`select rolsuper, rolbypassrls, rolcreaterole,
    (select count(*)::int from pg_class where relowner = pg_roles.oid) as owned
    from pg_roles where rolname = 'embedded_api'`)
  expect(found).toEqual([{ rolsuper: false, rolbypassrls: false, rolcreaterole: false, owned: 0 }])
})

test.each([
  '/',
  '/_system/config',
  '/_system/info',
  '/_system/introspect',
  '/storage/v1/bucket',
  '/rest/v10',
])('the API does not answer at %s', async (path) => {
  const { status } = await fetch(`${api.url}${path}`, { headers: { apikey: api.serviceKey } })
  expect(status).toBe(404)
})

test('a user made with a role can sign in, and the token and the user record carry that role', async () => {
  const user = { email: 'Owner@Example.com', password: 'a long password', appMetadata: { role: 'manager' } }
  const id = await ensureUser({ databaseUrl: database.ownerUrl, ...user })
  expect(await ensureUser({ databaseUrl: database.ownerUrl, ...user })).toBe(id)
  const client = supabaseClient({ url: api.url, key: api.anonKey })
  const { data, error } = await client.auth.signInWithPassword(user)
  expect(error).toBeNull()
  expect(decodeJwt(data.session?.access_token ?? '')).toMatchObject({
    sub: id,
    role: 'authenticated',
    iss: `${api.url}/auth/v1`,
    app_metadata: { role: 'manager' },
  })
  const found = await client.auth.getUser(data.session?.access_token)
  expect(found.data.user).toMatchObject({ id, app_metadata: { role: 'manager' } })
})

test('a user cannot sign up, nor sign in with a wrong password', async () => {
  const client = supabaseClient({ url: api.url, key: api.anonKey })
  const login = { email: 'nobody@example.com', password: 'a long password' }
  expect((await client.auth.signUp(login)).error?.status).toBe(422)
  expect((await client.auth.signInWithPassword(login)).error?.status).toBe(400)
})

test('a port in use is no error: another one is taken', async () => {
  const second = await start(Number(new URL(api.url).port))
  const { status } = await fetch(`${second.url}/health`)
  await second.close()
  expect([second.url === api.url, status]).toEqual([false, 200])
})

test('the keys stay the same between starts', async () => {
  const second = await start()
  await second.close()
  expect([second.anonKey, second.serviceKey]).toEqual([api.anonKey, api.serviceKey])
})

test('a database that is away is a 503 with the reason, not an unknown table', async () => {
  const gone = await createTestDatabase()
  const other = await startSupabaseApi({ databaseUrl: gone.apiUrl, jwtSecret, log: silentLog })
  await gone.drop()
  const answer = await fetch(`${other.url}/rest/v1/shops`, { headers: { apikey: other.serviceKey } })
  const health = await fetch(`${other.url}/health`)
  await other.close()
  expect([answer.status, health.status]).toEqual([503, 503])
  // Which of these depends on whether the pool has noticed yet.
  expect(['3D000', '57P01', 'PGRST001']).toContain(((await answer.json()) as { code: string }).code)
})

test('a schema that cannot be read is an error, not an empty schema', async () => {
  const url = new URL(database.apiUrl)
  url.pathname = '/absent'
  const connection = openApiConnection(url.href)
  const reading = withQuietConsole(silentLog, () => connection.introspect())
  await expect(reading).rejects.toThrow('the schema cannot be read now')
  await connection.driver.end({ timeout: 2 })
})

test.each([
  ['ECONNREFUSED', 503, 'PGRST001'],
  ['CONNECTION_CLOSED', 503, 'PGRST001'],
  ['57P01', 503, '57P01'],
  ['53300', 503, '53300'],
  ['40P01', 500, '40P01'],
  ['P0001', 400, 'P0001'],
])('a database error %s is answered with status %i and code %s', (code, status, shown) => {
  const answer = asPostgrestError(Object.assign(new Error('why'), { code })) as Error & { detail: string }
  expect([JSON.parse(answer.detail), JSON.parse(answer.message)]).toMatchObject([{ status }, { code: shown }])
})

test('a refused request writes nothing to the console', async () => {
  const written: unknown[] = []
  const { console } = globalThis
  const original = console.error.bind(console)
  console.error = (...parts: unknown[]) => void written.push(parts)
  try {
    await supabaseClient({ url: api.url, key: api.anonKey }).from('closed').insert({ id: 2 })
  } finally {
    console.error = original
  }
  expect(written).toEqual([])
})
