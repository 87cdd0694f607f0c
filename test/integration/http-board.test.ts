// Bull Board behind the login, on both queue stores: who sees it, who may act, and that a retry from it really runs.
import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queueStores } from '../support/queue-store.ts'
import {
  cookiesOf,
  completeOne,
  failOne,
  login,
  navigate,
  startHttpWorld,
  type HttpWorld,
  type Person,
} from './http-world.ts'

describe.each(queueStores())('Bull Board over $kind', (store) => {
  let world: HttpWorld
  beforeAll(async () => {
    world = await startHttpWorld({ store })
  })
  afterAll(() => world.close())

  const board = (path: string, init: RequestInit = {}) =>
    fetch(`${world.url}/admin/queues${path}`, { redirect: 'manual', ...init })
  const page = (path: string, headers?: Record<string, string>) =>
    navigate(`${world.url}/admin/queues${path}`, headers)
  const as = async (person: Person) => ({ cookie: (await login(world, person)).cookies })
  const retryPath = (id: string) => `/api/queues/${world.queue.name}/${id}/retry`
  const put = (path: string, headers: Record<string, string>) => board(path, { method: 'PUT', headers })

  test('a program without a session gets 404 from the page, the API and the files of the board', async () => {
    for (const path of ['', '/', '/api/queues', '/static/favicon.ico', `/queue/${world.queue.name}`]) {
      const response = await board(path)
      expect({ path, status: response.status }).toEqual({ path, status: 404 })
      expect(response.headers.get('content-type')).toContain('application/problem+json')
      expect(await response.text()).not.toContain(world.queue.name.split('-').at(-1))
    }
  })

  test('a browser without a session is sent to the login page and comes back to where it wanted', async () => {
    const response = await page(`/queue/${world.queue.name}?status=failed`)
    expect(response.status).toBe(303)
    const target = `/admin/queues/queue/${world.queue.name}?status=failed`
    expect(response.header('location')).toBe(`/login?next=${encodeURIComponent(target)}`)
  })

  test('a browser that follows a link from another site loads the page again before it is asked to sign in', async () => {
    const response = await page('/', { 'sec-fetch-site': 'cross-site' })
    expect(response.status).toBe(200)
    expect(response.text).toContain('http-equiv="refresh" content="0;url=/admin/queues/"')
  })

  test.each(['employee', 'manager', 'admin'] as const)(
    'the %s sees every queue with its counts',
    async (person) => {
      const response = await board('/api/queues', { headers: await as(person) })
      expect(response.status).toBe(200)
      const { queues } = (await response.json()) as { queues: { name: string; readOnlyMode: boolean }[] }
      expect(queues.map((q) => q.name)).toEqual(world.queues.map((q) => q.name))
      expect(queues.every((q) => q.readOnlyMode)).toBe(person === 'employee')
      // Failed work and schedules are for managers: nobody else is sent there.
      const { text } = await page('/', await as(person))
      expect([text.includes('/admin/failed'), text.includes('/admin/schedules')]).toEqual(
        person === 'employee' ? [false, false] : [true, true],
      )
    },
  )

  test('somebody who is signed in without a role gets 404, also in a browser', async () => {
    const headers = await as('nobody')
    expect((await page('/', headers)).status).toBe(404)
    expect((await board('/api/queues', { headers })).status).toBe(404)
  })

  test('a role that a user writes into the own user_metadata opens nothing', async () => {
    const { tokens } = await login(world, 'pretender')
    const edited = await fetch(`${world.api.url}/auth/v1/user`, {
      method: 'PUT',
      headers: {
        apikey: world.api.anonKey,
        authorization: `Bearer ${tokens.access_token}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ data: { role: 'admin', roles: ['admin'] }, app_metadata: { role: 'admin' } }),
    })
    expect(edited.status).toBe(200)
    expect(JSON.stringify(await edited.json())).toContain('"user_metadata":{"role":"admin"')
    const again = await login(world, 'pretender')
    expect(again.tokens.user.role).toBeNull()
    expect((await board('/api/queues', { headers: { cookie: again.cookies } })).status).toBe(404)
  })

  test('an expired session is no session', async () => {
    const { tokens } = await login(world, 'manager')
    const token = await new SignJWT({ role: 'authenticated' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(tokens.user.id)
      .setAudience('authenticated')
      .setExpirationTime(Math.floor(Date.now() / 1_000) - 60)
      .sign(new TextEncoder().encode(world.jwtSecret))
    const headers = { cookie: `warehouse_session=${token}` }
    expect((await board('/api/queues', { headers })).status).toBe(404)
    expect((await page('/', headers)).status).toBe(303)
  })

  test('an expired access token with a living refresh token is renewed on the way, once for a whole page', async () => {
    const { tokens } = await login(world, 'manager')
    const headers = { cookie: `warehouse_refresh=${tokens.refresh_token}` }
    const responses = await Promise.all([1, 2, 3].map(() => board('/api/queues', { headers })))
    expect(responses.map((r) => r.status)).toEqual([200, 200, 200])
    const renewed = new Set(responses.map(cookiesOf))
    expect(renewed.size).toBe(1)
    expect((await board('/api/queues', { headers: { cookie: [...renewed][0] ?? '' } })).status).toBe(200)
  })

  test('a tampered token and a token of another secret are no sessions', async () => {
    const { tokens } = await login(world, 'admin')
    const [head = '', , signature = ''] = tokens.access_token.split('.')
    const claims = Buffer.from(
      JSON.stringify({ sub: tokens.user.id, role: 'authenticated', aud: 'authenticated', exp: 4e9 }),
    )
    const forged = await new SignJWT({ role: 'authenticated', app_metadata: { role: 'admin' } })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(tokens.user.id)
      .setAudience('authenticated')
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode('another secret of sufficient length'))
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims.toString('base64url')}.`
    for (const token of [`${head}.${claims.toString('base64url')}.${signature}`, forged, none, 'rubbish']) {
      expect((await board('/api/queues', { headers: { cookie: `warehouse_session=${token}` } })).status).toBe(
        404,
      )
      expect((await board('/api/queues', { headers: { authorization: `Bearer ${token}` } })).status).toBe(404)
    }
  })

  test("the API's own keys are no sessions", async () => {
    for (const key of [world.api.anonKey, world.api.serviceKey])
      expect((await board('/api/queues', { headers: { authorization: `Bearer ${key}` } })).status).toBe(404)
  })

  test('after signing out the same cookies and tokens open nothing', async () => {
    const { cookies, tokens } = await login(world, 'manager')
    const out = await fetch(`${world.url}/api/auth/logout`, {
      method: 'POST',
      headers: { cookie: cookies, origin: world.url },
    })
    expect(out.status).toBe(204)
    expect(cookiesOf(out)).toBe('warehouse_session=; warehouse_refresh=')
    expect((await board('/api/queues', { headers: { cookie: cookies } })).status).toBe(404)
    const headers = { authorization: `Bearer ${tokens.access_token}` }
    expect((await board('/api/queues', { headers })).status).toBe(404)
  })

  test('a failed queue job that a manager retries from the board runs and succeeds', async () => {
    const id = await failOne(world)
    const headers = { ...(await as('manager')), origin: world.url, 'sec-fetch-site': 'same-origin' }
    expect((await put(retryPath(id), headers)).status).toBe(204)
    expect(await completeOne(world)).toBe(id)
    expect(await (await world.queue.getJob(id))?.getState()).toBe('completed')
    const act = world.lines.filter(
      (line) => line.includes('"event":"operator.act"') && line.includes(retryPath(id)),
    )
    expect(act).toHaveLength(1)
    expect(act[0]).toContain('"status":204')
  })

  test('with a bearer token a manager may retry without being a browser', async () => {
    const id = await failOne(world)
    const { tokens } = await login(world, 'manager')
    expect((await put(retryPath(id), { authorization: `Bearer ${tokens.access_token}` })).status).toBe(204)
    expect(await completeOne(world)).toBe(id)
  })

  test('an employee can look at a failed queue job and change nothing', async () => {
    const id = await failOne(world)
    const headers = { ...(await as('employee')), origin: world.url }
    const seen = await board(`/api/queues/${world.queue.name}/${id}`, { headers })
    expect(await seen.json()).toMatchObject({
      job: {
        name: 'sync-repair-order',
        data: { shopTmId: 101, ro: 4711 },
        failedReason: 'the estimate answered 500',
      },
      status: 'failed',
    })
    const queue = `/api/queues/${world.queue.name}`
    const writes: [string, string][] = [
      ['PUT', retryPath(id)],
      ['PUT', `${queue}/retry/failed`],
      ['PUT', `${queue}/pause`],
      ['PUT', '/api/queues/pause'],
      ['PUT', `${queue}/empty`],
      ['PUT', `${queue}/obliterate`],
      ['PUT', `${queue}/clean/failed`],
      ['PUT', `${queue}/${id}/clean`],
      ['POST', `${queue}/add`],
      ['PATCH', `${queue}/${id}/update-data`],
      ['PATCH', `${queue}/job-schedulers/x`],
    ]
    const refused = await Promise.all(
      writes.map(async ([method, path]) => [method, path, (await board(path, { method, headers })).status]),
    )
    expect(refused).toEqual(writes.map(([method, path]) => [method, path, 403]))
    expect(await (await world.queue.getJob(id))?.getState()).toBe('failed')
    expect(await world.queue.isPaused()).toBe(false)
  })

  test('a write on the authority of a cookie that does not come from our own pages is refused', async () => {
    const id = await failOne(world)
    const session = await as('admin')
    const strangers: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: world.url.replace(/:\d+$/, ':1') },
      { origin: world.url, 'sec-fetch-site': 'cross-site' },
      { origin: world.url, 'sec-fetch-site': 'same-site' },
      {},
    ]
    for (const headers of strangers)
      for (const [method, path] of [
        ['PUT', retryPath(id)],
        ['POST', `/api/queues/${world.queue.name}/add`],
      ] as const) {
        const response = await board(path, { method, headers: { ...session, ...headers } })
        expect({ headers, status: response.status }).toEqual({ headers, status: 403 })
        expect(await response.json()).toMatchObject({ code: 'CROSS_SITE' })
      }
    expect(await (await world.queue.getJob(id))?.getState()).toBe('failed')
  })

  test('credentials in a failed reason or a payload do not leave through the board', async () => {
    const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl'
    const id = await failOne(world, `401 with Bearer ${token} from postgres://owner:hunter2@db/warehouse`)
    const queueJob = await world.queue.getJob(id)
    await queueJob?.updateData({ ro: 4711, token: 'tm-canary-1' })
    const headers = await as('admin')
    for (const path of [
      `/api/queues/${world.queue.name}/${id}`,
      `/api/queues?activeQueue=${world.queue.name}&status=failed&page=1&jobsPerPage=10`,
    ]) {
      const response = await board(path, { headers })
      expect(response.status).toBe(200)
      const text = await response.text()
      expect(text).toContain('401 with Bearer [secret] from postgres://[secret]@db/warehouse')
      expect(text).not.toMatch(/hunter2|tm-canary-1|c2lnbmF0dXJl/)
    }
  })

  test('an address that the board does not know answers as problem+json', async () => {
    const response = await board('/api/nothing/here/at/all', { headers: await as('manager') })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ status: 404, code: 'NOT_FOUND' })
  })
})
