// What the app answers to programs, without Postgres or a queue store.
import type { Queue } from 'bullmq'
import { describe, expect, test } from 'vitest'
import type { Auth } from '../../src/core/auth/auth.ts'
import { UpstreamDown, UpstreamThrottled } from '../../src/core/errors.ts'
import type { Act } from '../../src/core/warehouse/api-requests.ts'
import type { Audit } from '../../src/producers/http/api/audit.ts'
import { door, PASSWORD, session, start } from './http-made-up-door.ts'

describe('probes', () => {
  test('/healthz lives without asking anything', async () => {
    const { ask } = await start({ readiness: () => Promise.reject(new Error('away')) })
    expect(await ask('/healthz')).toMatchObject({ status: 200, text: '{"status":"ok"}' })
  })

  test('/readyz says which checks fail, and 503 also when the check itself breaks', async () => {
    const good = await start()
    expect(await good.ask('/readyz')).toMatchObject({
      status: 200,
      text: '{"ready":true,"checks":{"warehouse":true}}',
    })
    const bad = await start({ readiness: async () => ({ ready: false, checks: { warehouse: false } }) })
    expect((await bad.ask('/readyz')).status).toBe(503)
    const broken = await start({ readiness: () => Promise.reject(new Error('canary-host refused')) })
    const answer = await broken.ask('/readyz')
    expect(answer.status).toBe(503)
    expect(answer.text).not.toContain('canary')
  })
})

describe('answers that are no', () => {
  test('an unknown address is problem+json with the request id, for a browser a small page', async () => {
    const { ask } = await start()
    const api = await ask('/api/nothing?token=x', { headers: { 'x-request-id': 'caller-17.a' } })
    expect(api.status).toBe(404)
    expect(api.header('content-type')).toContain('application/problem+json')
    expect(api.header('x-request-id')).toBe('caller-17.a')
    expect(api.json()).toEqual({
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      code: 'NOT_FOUND',
      detail: 'There is nothing at this address.',
      request_id: 'caller-17.a',
    })
    const page = await ask('/nothing', { headers: { accept: 'text/html' } })
    expect([page.status, page.header('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
  })

  test('a request id that could forge a log line is replaced', async () => {
    const { ask } = await start()
    const given = 'x","level":"fatal'
    expect((await ask('/healthz', { headers: { 'x-request-id': given } })).header('x-request-id')).toMatch(
      /^[0-9a-f-]{36}$/,
    )
  })

  test('bad input to login is named field by field', async () => {
    const { post, ask } = await start()
    expect((await post('/api/auth/login', {})).json()).toMatchObject({
      status: 400,
      code: 'BAD_INPUT',
      errors: [
        { path: 'email', message: 'is required' },
        { path: 'password', message: 'is required' },
      ],
    })
    expect((await post('/api/auth/login', { email: 'a@b.c', password: 'x'.repeat(2_000) })).status).toBe(400)
    const nul = [
      await post('/api/auth/login', { email: 'a\u0000@b.c', password: PASSWORD }),
      await post('/api/auth/login', { email: 'a@b.c', password: 'x\u0000' }),
      await post('/api/auth/refresh', { refresh_token: '\u0000' }),
    ]
    expect(nul.map((answer) => answer.json())).toMatchObject(
      ['email', 'password', 'refresh_token'].map((path) => ({ status: 400, errors: [{ path }] })),
    )
    expect((await post('/api/auth/login', [1, 2])).status).toBe(400)
    expect((await post('/api/auth/login', { email: 'x'.repeat(20_000) })).status).toBe(413)
    const json = { 'content-type': 'application/json' }
    expect((await ask('/api/auth/login', { method: 'POST', headers: json, body: '{' })).status).toBe(400)
    const text = { 'content-type': 'text/plain' }
    expect((await ask('/api/auth/login', { method: 'POST', headers: text, body: '{}' })).status).toBe(415)
    expect((await ask('/api/auth/login')).status).toBe(405)
    expect((await post('/api/auth/refresh', {})).json()).toMatchObject({
      errors: [{ path: 'refresh_token' }],
    })
  })

  test('a wrong password is 401 and the right one 200 with tokens, user and cookies', async () => {
    const { post } = await start()
    const wrong = await post('/api/auth/login', { email: 'm@shop.test', password: 'wrong' })
    expect(wrong.status).toBe(401)
    expect(wrong.json()).toMatchObject({ code: 'SIGN_IN_REFUSED', detail: 'Wrong email or password.' })
    expect(wrong.header('set-cookie')).toBe('')
    const right = await post('/api/auth/login', { email: 'm@shop.test', password: PASSWORD })
    expect(right.json()).toEqual({
      access_token: session.accessToken,
      refresh_token: session.refreshToken,
      token_type: 'bearer',
      expires_in: 3600,
      user: session.user,
    })
    expect(right.header('set-cookie')).toMatch(
      /^warehouse_session=canary-access-token; Max-Age=3600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/m,
    )
    expect(right.header('cache-control')).toBe('no-store')
  })

  test('behind https the cookies are Secure and bound to the host, and only its own pages may write', async () => {
    const { post } = await start({ publicUrl: 'https://warehouse.test' })
    const credentials = { email: 'm@shop.test', password: PASSWORD }
    const answer = await post('/api/auth/login', credentials, { origin: 'https://warehouse.test' })
    expect(answer.header('set-cookie')).toMatch(
      /^__Host-warehouse_session=.*; HttpOnly; Secure; SameSite=Strict$/m,
    )
    expect(answer.header('strict-transport-security')).toContain('max-age=')
    const plain = await post('/api/auth/login', credentials, {
      origin: 'http://warehouse.test',
      host: 'warehouse.test',
    })
    expect(plain.status).toBe(403)
  })

  test('another site cannot sign a browser in or out', async () => {
    const { post, submit } = await start()
    const credentials = { email: 'm@shop.test', password: PASSWORD }
    expect((await post('/api/auth/login', credentials, { origin: 'https://evil.example' })).status).toBe(403)
    expect((await post('/api/auth/login', credentials, { 'sec-fetch-site': 'cross-site' })).status).toBe(403)
    expect((await submit('/login', credentials, { origin: 'null' })).status).toBe(403)
    expect((await submit('/logout', {}, { origin: 'http://127.0.0.1:1' })).status).toBe(403)
  })

  test.each([
    ['away', 503, new UpstreamDown('away')],
    ['busy', 429, new UpstreamThrottled('busy', 30_000)],
  ])(
    'the auth service being %s is %i, never a wrong password and never a lockout',
    async (_, status, err) => {
      let away = true
      const signIn: Auth['signIn'] = async (credentials) => {
        if (away) throw err
        return door.signIn(credentials)
      }
      const { post, lines } = await start({
        auth: { ...door, signIn },
        loginLimits: { perAccountAndAddress: 2 },
      })
      const attempt = () => post('/api/auth/login', { email: 'm@shop.test', password: PASSWORD })
      for (const _ of [1, 2, 3, 4]) expect((await attempt()).json()).toMatchObject({ status, code: err.code })
      expect(lines.some((line) => line.includes('"event":"http.failed"'))).toBe(status >= 500)
      away = false
      expect((await attempt()).status).toBe(200)
    },
  )

  test('too many wrong passwords are 429 with the time to wait, also for the right one afterwards', async () => {
    const { post, submit } = await start({ loginLimits: { perAccountAndAddress: 2 } })
    const attempt = (password: string) => post('/api/auth/login', { email: 'm@shop.test', password })
    expect([(await attempt('a')).status, (await attempt('b')).status]).toEqual([401, 401])
    const third = await attempt(PASSWORD)
    expect(third.status).toBe(429)
    expect(Number(third.header('retry-after'))).toBeGreaterThan(800)
    const form = await submit('/login', { email: 'm@shop.test', password: PASSWORD })
    expect(form.status).toBe(429)
    expect(form.text).toContain('Too many attempts. Try again in 15 minutes.')
  })

  test('behind a proxy each caller has an own count; without one a made-up address changes nothing', async () => {
    const attempt = async (app: Awaited<ReturnType<typeof start>>, address: string) =>
      (
        await app.post(
          '/api/auth/login',
          { email: 'm@shop.test', password: 'x' },
          { 'x-forwarded-for': address },
        )
      ).status
    const proxied = await start({ trustedProxies: 1, loginLimits: { perAddress: 1 } })
    expect([await attempt(proxied, '10.0.0.1'), await attempt(proxied, '10.0.0.2')]).toEqual([401, 401])
    // A caller may send such a header too; each proxy adds the address that it sees.
    const behindTwo = await start({ trustedProxies: 2, loginLimits: { perAddress: 1 } })
    const chains = ['10.0.0.1, 172.16.0.1', '10.0.0.2, 172.16.0.1', '10.9.9.9, 10.0.0.1, 172.16.0.1']
    const answers: number[] = []
    for (const chain of chains) answers.push(await attempt(behindTwo, chain))
    expect(answers).toEqual([401, 401, 429])
    const direct = await start({ loginLimits: { perAddress: 1 } })
    expect([await attempt(direct, '10.0.0.1'), await attempt(direct, '10.0.0.2')]).toEqual([401, 429])
  })

  test('a server for this machine only does not answer to another name', async () => {
    const { ask } = await start({ loopbackOnly: true })
    expect((await ask('/login', { headers: { host: 'rebound.example' } })).status).toBe(421)
    expect((await ask('/login', { headers: { host: 'localhost:3000' } })).status).toBe(200)
  })
})

test('a queue store that does not answer becomes 503 in time, and its late answer harms nobody', async () => {
  const late: (() => void)[] = []
  const counts = () => new Promise((resolve) => late.push(() => resolve({ failed: 1 })))
  const silent = { name: 'metrics', metaValues: { version: 'bullmq:6' }, getJobCounts: counts }
  const queue = new Proxy(silent, { get: (target, name) => Reflect.get(target, name) ?? (async () => 0) })
  const { ask } = await start({ queues: [queue as unknown as Queue], boardTimeoutMs: 50 })
  const headers = { authorization: `Bearer ${session.accessToken}` }
  const answer = await ask('/admin/queues/api/queues', { headers })
  expect(answer.json()).toMatchObject({ status: 503, code: 'QUEUE_STORE_AWAY' })
  for (const finish of late) finish()
  expect((await ask('/healthz')).status).toBe(200)
})

test('what somebody did in the board is in the audit log although they left before the answer', async () => {
  const acts: Act[] = []
  const caller = new AbortController()
  const pause = async () => {
    caller.abort()
    await new Promise(() => undefined)
  }
  const queue = new Proxy({ name: 'metrics', metaValues: { version: 'bullmq:6' }, pause } as object, {
    get: (target, name) => Reflect.get(target, name) ?? (async () => 0),
  })
  const audit: Audit = { record: (act) => void acts.push(act), close: async () => undefined }
  const { url } = await start({ queues: [queue as Queue], audit, boardTimeoutMs: 60_000 })
  const path = '/admin/queues/api/queues/metrics/pause'
  const headers = { authorization: `Bearer ${session.accessToken}` }
  await fetch(url + path, { method: 'PUT', headers, signal: caller.signal }).catch(() => undefined)
  await expect.poll(() => acts).toMatchObject([{ act: `PUT ${path}`, status: 499, actorId: 'u-1' }])
})

test('a browser is known again with the first request after the auth service is back', async () => {
  let isAway = true
  const refresh: Auth['refresh'] = async (token) => {
    if (isAway) throw new UpstreamDown('away')
    return door.refresh(token)
  }
  const { ask } = await start({ auth: { ...door, refresh } })
  const headers = { cookie: `warehouse_refresh=${session.refreshToken}` }
  expect((await ask('/login', { headers })).status).toBe(503)
  isAway = false
  expect((await ask('/login', { headers })).status).toBe(303)
})

test('a session that no browser would keep is refused with the reason', async () => {
  const signIn: Auth['signIn'] = async () => ({ ...session, accessToken: 'x'.repeat(4_001) })
  const { post } = await start({ auth: { ...door, signIn } })
  const answer = await post('/api/auth/login', { email: 'm@shop.test', password: PASSWORD })
  expect(answer.json()).toMatchObject({ status: 422, code: 'SESSION_TOO_LARGE' })
})

test('no password, token, cookie or query ever reaches the log', async () => {
  const { post, submit, ask, lines } = await start()
  const fields = { email: 'm@shop.test', password: PASSWORD }
  await post('/api/auth/login', fields)
  await post('/api/auth/login', { ...fields, password: 'canary-wrong' })
  await post('/api/auth/refresh', { refresh_token: session.refreshToken })
  await submit('/login?token=canary-query', fields)
  const cookie = `warehouse_session=${session.accessToken}`
  await ask('/admin/queues/api/queues?x=canary-query', { headers: { cookie } })
  await ask('/admin/queues/api/queues', { headers: { authorization: 'Bearer canary-bearer' } })
  await ask('/api/canary?token=canary-query', { headers: { cookie } })
  await expect.poll(() => lines.filter((line) => line.includes('"event":"http.done"')).length).toBe(7)
  const text = lines.join('').replaceAll('/api/canary"', '')
  expect(text).not.toContain('canary')
  expect(text).toContain('"event":"auth.signed-in"')
  expect(text).toMatch(/"event":"http.done","method":"POST","path":"\/login","status":303,"ms":\d+/)
})
