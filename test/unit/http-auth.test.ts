// The door to the auth service: whose fault a failure is, what is remembered and for how long, and that nobody gets
// another person's session.
import { SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { createAuth } from '../../src/core/auth/auth.ts'
import { SignInRefused, TokenRefused } from '../../src/core/auth/refusals.ts'
import { hasRole, roleFromAppMetadata, ROLES } from '../../src/core/auth/roles.ts'
import { UpstreamDown, UpstreamThrottled } from '../../src/core/errors.ts'

const SECRET = 'a secret of at least thirty-two characters'
const tokenOf = (sub: string) =>
  new SignJWT({ role: 'authenticated' })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(sub)
    .setAudience('authenticated')
    .setExpirationTime('1h')
    .sign(new TextEncoder().encode(SECRET))

interface Call {
  readonly path: string
  readonly token: string | null
  readonly body: Record<string, unknown>
}

/** An auth service in a function; `answer` decides. */
const authOver = (
  answer: (call: Call) => Response | Promise<Response>,
  options: { now?: () => number } = {},
) => {
  const calls: Call[] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const headers = new Headers(init?.headers)
    const body = typeof init?.body === 'string' ? (JSON.parse(init.body) as Record<string, unknown>) : {}
    const token = headers.get('authorization')?.replace('Bearer ', '') ?? null
    expect(headers.get('apikey')).toBe('anon-key')
    const call = { path: `${url.pathname}${url.search}`, token, body }
    calls.push(call)
    return answer(call)
  }
  const auth = createAuth({
    grants: { shopsOf: async () => new Map(), useKey: async () => null },
    supabaseUrl: 'http://auth.test/',
    anonKey: 'anon-key',
    jwtSecret: SECRET,
    recordTtlMs: 1_000,
    fetch,
    ...options,
  })
  return { auth, calls }
}
const userAnswer = (id: string, appMetadata: object = {}) =>
  Response.json({ id, email: `${id}@shop.test`, app_metadata: appMetadata, user_metadata: { role: 'admin' } })
const credentials = { email: 'a@shop.test', password: 'pw' }

describe('roles', () => {
  test('each role includes those below it, and nobody has none', () => {
    const table = ROLES.map((role) => ROLES.map((needed) => hasRole(role, needed)))
    expect(table).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ])
    expect(ROLES.some((needed) => hasRole(null, needed))).toBe(false)
  })

  test.each<[unknown, string | null]>([
    [{ role: 'manager' }, 'manager'],
    [{ roles: ['employee', 'admin', 'clown'] }, 'admin'],
    [{ role: 'employee', roles: ['manager'] }, 'manager'],
    [{ role: 'owner' }, null],
    [{ role: ['admin'] }, null],
    [{ roles: 'admin' }, null],
    [{}, null],
    [null, null],
    ['admin', null],
  ])('app_metadata %j gives %j', (appMetadata, role) => {
    expect(roleFromAppMetadata(appMetadata)).toBe(role)
  })
})

describe('failures', () => {
  test.each<[string, Response | Error, new (...args: never[]) => Error]>([
    [
      'a wrong password',
      Response.json({ error_code: 'invalid_credentials' }, { status: 400 }),
      SignInRefused,
    ],
    ['a banned user', Response.json({ error_code: 'user_banned' }, { status: 403 }), SignInRefused],
    [
      'too many calls',
      Response.json({ error_code: 'over_request_rate_limit' }, { status: 429 }),
      UpstreamThrottled,
    ],
    ['a gateway error', new Response('<html>', { status: 502 }), UpstreamDown],
    ['a page that is no API', new Response('<html>', { status: 404 }), UpstreamDown],
    ['a refused anon key', Response.json({ message: 'Invalid API key' }, { status: 401 }), UpstreamDown],
    ['no connection', new TypeError('fetch failed'), UpstreamDown],
    ['a timeout', new DOMException('late', 'TimeoutError'), UpstreamDown],
  ])('sign-in with %s is told apart', async (_name, answer, kind) => {
    const { auth } = authOver(() => {
      if (answer instanceof Response) return answer.clone()
      throw answer
    })
    await expect(auth.signIn(credentials)).rejects.toBeInstanceOf(kind)
  })

  test.each(['refresh', 'signOut'] as const)('%s tells at once that the service is away', async (name) => {
    const { auth, calls } = authOver(() => new Response('', { status: 503 }))
    await expect(auth[name](await tokenOf('u'))).rejects.toBeInstanceOf(UpstreamDown)
    expect(calls).toHaveLength(1)
  })

  test('a session that has ended at the auth service is a refused token', async () => {
    const { auth } = authOver(() => Response.json({ error_code: 'session_not_found' }, { status: 403 }))
    await expect(auth.identify(await tokenOf('u'))).rejects.toMatchObject({ refusal: 'signed-out' })
    await expect(auth.refresh('r')).rejects.toBeInstanceOf(TokenRefused)
  })
})

test('a refresh token that was given out is known until it is refused, and no other is', async () => {
  let isOver = false
  const { auth } = authOver(({ body }) =>
    isOver
      ? Response.json({ error_code: 'refresh_token_already_used' }, { status: 400 })
      : Response.json({
          access_token: 'access',
          refresh_token: body['refresh_token'] === undefined ? 'first' : 'second',
          expires_in: 3600,
          token_type: 'bearer',
          user: { id: 'u', email: 'u@shop.test', app_metadata: {}, user_metadata: {} },
        }),
  )
  await auth.signIn(credentials)
  await auth.refresh('first')
  expect(['first', 'second', 'made-up'].map((token) => auth.knows(token))).toEqual([true, true, false])
  isOver = true
  await expect(auth.refresh('first')).rejects.toBeInstanceOf(TokenRefused)
  expect(['first', 'second'].map((token) => auth.knows(token))).toEqual([false, true])
})

describe('the user record', () => {
  test('is read once for many requests, again after its time, and gives the role of app_metadata only', async () => {
    let now = 0
    let role = 'manager'
    const { auth, calls } = authOver(() => userAnswer('u', { role }), { now: () => now })
    const token = await tokenOf('u')
    const [first] = await Promise.all([auth.identify(token), auth.identify(token)])
    expect(first).toMatchObject({ userId: 'u', email: 'u@shop.test', role: 'manager' })
    expect(calls).toHaveLength(1)
    role = 'employee'
    now = 999
    expect((await auth.identify(token)).role).toBe('manager')
    now = 1_000
    expect((await auth.identify(token)).role).toBe('employee')
    expect(calls).toHaveLength(2)
  })

  test('is never asked for with a token that does not verify', async () => {
    const { auth, calls } = authOver(() => userAnswer('u', { role: 'admin' }))
    await expect(auth.identify('rubbish')).rejects.toBeInstanceOf(TokenRefused)
    expect(calls).toHaveLength(0)
  })

  test('is not remembered when reading it failed', async () => {
    const answers = [new Response('', { status: 503 }), userAnswer('u', { role: 'admin' })]
    const { auth } = authOver(() => answers.shift() ?? new Response('', { status: 500 }))
    const token = await tokenOf('u')
    await expect(auth.identify(token)).rejects.toBeInstanceOf(UpstreamDown)
    expect((await auth.identify(token)).role).toBe('admin')
  })

  test('is forgotten at once by signing out', async () => {
    let ended = false
    const { auth } = authOver(({ path }) => {
      if (path.startsWith('/auth/v1/logout')) {
        ended = true
        return new Response(null, { status: 204 })
      }
      return ended ? Response.json({ error_code: 'session_not_found' }, { status: 403 }) : userAnswer('u')
    })
    const token = await tokenOf('u')
    await auth.identify(token)
    await auth.signOut(token)
    await expect(auth.identify(token)).rejects.toMatchObject({ refusal: 'signed-out' })
  })
})

test('two people who refresh at the same moment each get their own session', async () => {
  const { auth } = authOver(async ({ body }) => {
    const who = String(body['refresh_token'])
    await new Promise((resolve) => setImmediate(resolve))
    return Response.json({
      access_token: `access of ${who}`,
      refresh_token: `next of ${who}`,
      expires_in: 3600,
      token_type: 'bearer',
      user: { id: who, app_metadata: {} },
    })
  })
  const [ann, bob] = await Promise.all([auth.refresh('ann'), auth.refresh('bob')])
  expect([ann.accessToken, ann.user.id]).toEqual(['access of ann', 'ann'])
  expect([bob.accessToken, bob.user.id]).toEqual(['access of bob', 'bob'])
})
