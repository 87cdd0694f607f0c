// Login, refresh and logout against the embedded Supabase Auth, as programs and browsers use them.
import { request } from 'undici'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { queueStores } from '../support/queue-store.ts'
import {
  cookiesOf,
  emailOf,
  login,
  PASSWORD,
  startHttpWorld,
  type HttpWorld,
  type Login,
} from './http-world.ts'

let world: HttpWorld
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  world = await startHttpWorld({ store, recordTtlMs: 60_000 })
})
afterAll(() => world.close())

const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${world.url}${path}`, {
    method: 'POST',
    redirect: 'manual',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
const boardStatus = async (token: string) => {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${world.url}/admin/queues/api/queues`, { headers })).status
}

test('login gives the tokens of the person and the role of the user record', async () => {
  const { tokens } = await login(world, 'manager')
  expect(tokens).toMatchObject({ expires_in: 3600, user: { email: emailOf('manager'), role: 'manager' } })
  expect(await boardStatus(tokens.access_token)).toBe(200)
})

test.each([
  ['a wrong password', emailOf('manager'), 'wrong'],
  ['an unknown address', 'stranger@shop.test', PASSWORD],
])('%s is answered in the same words', async (_name, email, password) => {
  const response = await post('/api/auth/login', { email, password })
  expect(response.status).toBe(401)
  expect(await response.json()).toMatchObject({ detail: 'Wrong email or password.' })
})

test('refresh gives new tokens that work, by body for programs and by cookie for browsers', async () => {
  const { tokens, cookies } = await login(world, 'employee')
  const byBody = await post('/api/auth/refresh', { refresh_token: tokens.refresh_token })
  expect(byBody.status).toBe(200)
  const next = (await byBody.json()) as Login
  expect(next.refresh_token).not.toBe(tokens.refresh_token)
  expect(next.user.role).toBe('employee')
  expect(await boardStatus(next.access_token)).toBe(200)
  const other = await login(world, 'employee')
  const byCookie = await post('/api/auth/refresh', {}, { cookie: other.cookies, origin: world.url })
  expect(byCookie.status).toBe(200)
  expect(cookiesOf(byCookie)).not.toBe(other.cookies)
  expect((await post('/api/auth/refresh', {}, { cookie: cookies })).status).toBe(403)
})

test('a made-up refresh token is 401', async () => {
  const response = await post('/api/auth/refresh', { refresh_token: 'made-up' })
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([
    401,
    'Bearer realm="tekmetric-warehouse"',
  ])
})

test('logout with a bearer token ends the session for its refresh token too, at once in spite of the cache', async () => {
  const { tokens } = await login(world, 'manager')
  expect(await boardStatus(tokens.access_token)).toBe(200)
  const out = await post('/api/auth/logout', {}, { authorization: `Bearer ${tokens.access_token}` })
  expect(out.status).toBe(204)
  expect(await boardStatus(tokens.access_token)).toBe(404)
  expect((await post('/api/auth/refresh', { refresh_token: tokens.refresh_token })).status).toBe(401)
})

test('logout without a session is fine', async () => {
  expect((await post('/api/auth/logout', {})).status).toBe(204)
})

test('the login form sets the session of the person who filled it in', async () => {
  const response = await request(`${world.url}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', origin: world.url, accept: 'text/html' },
    body: new URLSearchParams({ email: emailOf('admin'), password: PASSWORD }).toString(),
  })
  expect([response.statusCode, response.headers['location']]).toEqual([303, '/admin'])
  const [session = ''] = [response.headers['set-cookie'] ?? []].flat()
  const cookie = session.split(';', 1)[0] ?? ''
  expect((await fetch(`${world.url}/admin/queues/api/queues`, { headers: { cookie } })).status).toBe(200)
})
