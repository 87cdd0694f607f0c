// The access matrix: every route × every kind of caller × own shop and another shop, the routes of Bull Board included.
// What is expected is a table of its own (test/support/access-matrix.ts).
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Role } from '../../src/core/auth/roles.ts'
import { nameOf, type Scope } from '../../src/producers/http/api/route.ts'
import { API_ROUTES } from '../../src/producers/http/api/table.ts'
import {
  ask,
  everyKindOfCaller,
  SHOP_A,
  SHOP_B,
  startApiWorld,
  type ApiWorld,
  type Caller,
} from '../support/api-world.ts'
import { MATRIX } from '../support/access-matrix.ts'
import { boardWrites } from '../support/board-writes.ts'
import { queueStores } from '../support/queue-store.ts'

const BOARD_WRITES = boardWrites()

const ORDER: readonly Role[] = ['employee', 'manager', 'admin']
const atLeast = (role: Role | null, needed: Role): boolean =>
  role !== null && ORDER.indexOf(role) >= ORDER.indexOf(needed)

interface Target {
  readonly shop: typeof SHOP_A | typeof SHOP_B
  readonly scope: Scope
  readonly role: Role | null
}

const expected = (caller: Caller, { shop, scope, role }: Target): number | 'good' => {
  if (role === null) return 'good'
  if (!caller.valid) return 401
  const here = shop === SHOP_A ? caller.atA : caller.atB
  const needed = scope === 'installation' ? caller.role : here
  return atLeast(needed, role) ? 'good' : 403
}

let world: ApiWorld
let callers: Caller[]
const runs = new Map<number, string>()
const backfills = new Map<number, string>()

beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  world = await startApiWorld({ store, recordTtlMs: 60_000 })
  callers = await everyKindOfCaller(world)
  for (const shop of [world.shopA, world.shopB]) {
    const wish = { shopId: shop.id, kind: 'employees', trigger: 'api', params: {} } as const
    const { warehouse } = world.pipeline.services
    runs.set(shop.tmId, (await warehouse.runs.start(wish)).runId)
    const days = { from: '2026-01-01', to: '2026-01-02', windowDays: 1, forecast: {} }
    const opened = await warehouse.backfills.open({ shopId: shop.id, trigger: 'api', ...days })
    backfills.set(shop.tmId, opened.backfillId)
  }
}, 60_000)
afterAll(() => world.close())

const PARAMETERS: Readonly<Record<string, string>> = {
  'full-backfill': '&start_date=2026-01-01&end_date=2026-01-02',
  'metrics/daily': '&start_date=2026-01-01&end_date=2026-01-02',
  'snapshots/build': '&days_back=1',
  'dashboard/restatements': '&since=2026-01-01T00:00:00Z',
  explain: '&date=2026-03-04',
  'queue-jobs': '&ro=318204417',
}

const addressOf = (path: string, shop: number): string => {
  if (path.includes('/schedules')) return path.replace('{id}', 'sweep-dirty')
  const ids = path.includes('/backfills') ? backfills : runs
  const filled = path.replace('{id}', ids.get(shop) ?? '').replace('{ro_id}', '318204417')
  if (!path.includes('shop') && (path.includes('{id}') || path.includes('/ops/') || path.includes('/auth/')))
    return filled
  const extra = Object.entries(PARAMETERS).find(([part]) => path.includes(part))?.[1] ?? ''
  return `${filled}?shop_id=${shop}${extra}`
}

/** Where an answer is not what the route's definition (and so the OpenAPI document) says. */
const shapeProblems = (name: string, status: number, json: object | null): unknown[] => {
  const route = API_ROUTES.find((one) => nameOf(one) === name)
  const described = route?.answers[status]
  if (described === undefined) return [`status ${status} is not described`]
  if (route?.stream !== null) return []
  const parsed = described.body.safeParse(json)
  return parsed.success ? [] : parsed.error.issues
}

/** What is wrong with an answer; nothing, when it is the wanted one. */
const problemsOf = (
  name: string,
  { want, status, json }: { want: number | 'good'; status: number; json: Record<string, unknown> | null },
): unknown[] => {
  // Whoever may ask for nothing else may still sign in, with a password that is wrong here.
  if (MATRIX[name]?.[1] === null) return status === 403 ? ['a public route is refused'] : []
  if (want === 'good') return status < 300 ? shapeProblems(name, status, json) : ['refused']
  if (status !== want) return ['another status']
  const says = want === 401 ? ['TOKEN_REQUIRED', 'TOKEN_REFUSED'] : ['ROLE_REQUIRED', 'SHOP_REQUIRED']
  return says.includes(String(json?.['code'])) ? [] : ['another code']
}

/** Of an act on the board: what it should be, or what it is when only the gate is in question. */
const boardStatus = ({ valid, role }: Caller, status: number): number => {
  if (!valid || role === null) return 404
  if (role === 'employee') return 403
  return [401, 403, 405].includes(status) ? 200 : status
}

/** The status, and of a stream only its beginning. */
const statusOf = async (name: string, shop: number, token: string | null) => {
  const [method = '', path = ''] = name.split(' ')
  const body = path.endsWith('/login') ? '{"email":"nobody@shop.test","password":"x"}' : undefined
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  if (!path.endsWith('/events'))
    return ask(world, addressOf(path, shop), { method, token, headers, ...(body ? { body } : {}) })
  const cut = new AbortController()
  const authorization = token === null ? {} : { authorization: `Bearer ${token}` }
  const response = await fetch(world.url + addressOf(path, shop), {
    headers: { ...authorization },
    signal: cut.signal,
  })
  const json = response.status === 200 ? null : ((await response.json()) as Record<string, unknown>)
  cut.abort()
  return { status: response.status, json, headers: response.headers, text: '' }
}

describe('the matrix', () => {
  test('the table of routes says who may what, as api.md does', () => {
    const defined = API_ROUTES.map((route) => [nameOf(route), [route.scope, route.role]])
    expect(Object.fromEntries(defined)).toEqual(MATRIX)
    expect(new Set(defined.map(([name]) => name)).size).toBe(API_ROUTES.length)
  })

  for (const [name, [scope, role]] of Object.entries(MATRIX))
    test(`${name} lets in whom it should, and nobody else`, async () => {
      const wrong: object[] = []
      for (const shop of [SHOP_A, SHOP_B] as const)
        for (const caller of callers) {
          // It would end the session of everybody who is asked about below.
          if (name.endsWith('/logout') && caller.valid && !caller.name.startsWith('machine key')) continue
          const want = expected(caller, { shop, scope, role })
          const { status, json } = await statusOf(name, shop, caller.token)
          const problems = problemsOf(name, { want, status, json })
          if (problems.length > 0) wrong.push({ caller: caller.name, shop, want, status, problems, json })
        }
      expect(wrong).toEqual([])
    })

  test('the writes of Bull Board are known', () => {
    expect(BOARD_WRITES.length).toBeGreaterThan(20)
    expect(BOARD_WRITES).toEqual(
      expect.arrayContaining(['PUT /api/queues/metrics/pause', 'PUT /api/queues/metrics/4711/retry']),
    )
  })

  for (const name of BOARD_WRITES)
    test(`Bull Board: ${name} is for managers; others learn nothing`, async () => {
      const [method = '', path = ''] = name.split(' ')
      const seen: Record<string, number> = {}
      const wanted: Record<string, number> = {}
      for (const caller of callers) {
        const { status } = await ask(world, `/admin/queues${path}`, { method, token: caller.token })
        seen[caller.name] = status
        wanted[caller.name] = boardStatus(caller, status)
      }
      expect(seen).toEqual(wanted)
    })
})

describe('what an answer says', () => {
  test('401 says what is wrong with the token, 403 whether it is the role or the shop', async () => {
    const of = (name: string) => callers.find((caller) => caller.name === name)?.token ?? null
    const asked = async (name: string, path: string, method = 'POST') =>
      (await ask(world, path, { method, token: of(name) })).json
    const employees = `/api/sync/employees?shop_id=${SHOP_A}`
    expect(await asked('nobody', employees)).toMatchObject({ status: 401, code: 'TOKEN_REQUIRED' })
    expect(await asked('an expired token', employees)).toMatchObject({
      status: 401,
      code: 'TOKEN_REFUSED',
      detail: 'The token has expired; sign in again.',
    })
    expect(await asked('a revoked machine key', employees)).toMatchObject({
      status: 401,
      detail: 'This machine key is not known here, or it was revoked.',
    })
    expect(await asked('employee of shop A', employees)).toMatchObject({ status: 403, code: 'ROLE_REQUIRED' })
    expect(await asked('admin of the other shop', employees)).toMatchObject({
      status: 403,
      code: 'SHOP_REQUIRED',
    })
    expect(await asked('manager of shop A', '/api/ops/summary', 'GET')).toMatchObject({
      status: 403,
      code: 'ROLE_REQUIRED',
    })
  })

  test('a shop that does not exist is no different from a foreign one, unless you have every shop', async () => {
    const of = (name: string) => callers.find((caller) => caller.name === name)?.token ?? null
    const path = '/api/sync/employees?shop_id=999999'
    expect(await ask(world, path, { method: 'POST', token: of('manager of shop A') })).toMatchObject({
      status: 403,
      json: { code: 'SHOP_REQUIRED' },
    })
    expect(
      await ask(world, path, { method: 'POST', token: of('machine key admin of all shops') }),
    ).toMatchObject({
      status: 400,
      json: { errors: [{ path: 'shop_id' }] },
    })
  })

  test('lists show the shops of the caller only', async () => {
    for (const caller of callers.filter(({ valid, atA, atB }) => valid && (atA ?? atB) !== null)) {
      const { json } = await ask(world, '/api/runs?limit=100', { token: caller.token })
      const runs = (json?.['runs'] ?? []) as { shop_tm_id: number }[]
      const shops = new Set(runs.map((run) => run.shop_tm_id))
      expect({ caller: caller.name, shops: [...shops].toSorted((x, y) => x - y) }).toEqual({
        caller: caller.name,
        shops: [...(caller.atA === null ? [] : [SHOP_A]), ...(caller.atB === null ? [] : [SHOP_B])],
      })
    }
  })
})

test('the summary of the installation names the shops of the caller only', async () => {
  const { runs, schedules } = world.pipeline.services.warehouse
  for (const { id: shopId } of [world.shopA, world.shopB]) {
    const { runId } = await runs.start({ shopId, kind: 'repair-orders', trigger: 'api', params: {} })
    const details = { shopId, roTmId: 1, runId, details: {}, readAgeMs: 0 }
    await runs.failItem({ ...details, reason: `the boards of shop ${shopId} are away` })
  }
  const general = 'purge-expired'
  const [ofA, ofB] = [SHOP_A, SHOP_B].map((shop) => `discover-board.${shop}`) as [string, string]
  for (const schedule of [ofA, ofB, general]) await schedules.pause({ schedule, by: 'cli' })
  await world.pipeline.query(`update public.shops set paused_at = now(), pause_reason = 'refused'`)
  const summaryOf = async (name: string) => {
    const { token } = callers.find((caller) => caller.name === name) ?? { token: null }
    const { text, json } = await ask(world, '/api/ops/summary', { token })
    const paused = (json?.['paused_schedules'] ?? []) as { schedule: string }[]
    return {
      shops: new Set([...text.matchAll(/"shop_tm_id":(\d+)/g)].map(([, shop]) => Number(shop))),
      tellsOfB: text.includes(world.shopB.id),
      schedules: paused.map(({ schedule }) => schedule).toSorted(),
    }
  }
  expect(await summaryOf('machine key manager of all shops')).toEqual({
    shops: new Set([SHOP_A, SHOP_B]),
    tellsOfB: true,
    schedules: [ofA, ofB, general],
  })
  expect(await summaryOf('manager by app_metadata with shop A')).toEqual({
    shops: new Set([SHOP_A]),
    tellsOfB: false,
    schedules: [ofA, general],
  })
  for (const schedule of [ofA, ofB, general]) await schedules.resume({ schedule })
  await world.pipeline.query('update public.shops set paused_at = null, pause_reason = null')
})

describe('roles', () => {
  test('what a user writes into the own user_metadata opens nothing', async () => {
    await world.signUp('pretender@shop.test', {}, [])
    const { token } = await world.login('pretender@shop.test')
    const { api } = world.pipeline
    const edited = await fetch(`${api.url}/auth/v1/user`, {
      method: 'PUT',
      headers: { apikey: api.anonKey, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ data: { role: 'admin', roles: ['admin'] }, app_metadata: { role: 'admin' } }),
    })
    expect(edited.status).toBe(200)
    const again = await world.login('pretender@shop.test')
    for (const path of ['/api/runs', '/api/ops/summary', `/api/metrics/daily?shop_id=${SHOP_A}`])
      expect((await ask(world, path, { token: again.token })).status).toBe(403)
  })

  test('a revoked machine key and a taken role stop working when the identity is read again', async () => {
    const fresh = await startApiWorld({ store: queueStores()[0] ?? { kind: 'postgres', url: '' } })
    const { key, keyId } = await fresh.makeKey('employee', [fresh.shopA.id])
    const userId = await fresh.signUp('leaver@shop.test', {}, [[fresh.shopA.id, 'manager']])
    const { token } = await fresh.login('leaver@shop.test')
    const runsOf = async (who: string) => (await ask(fresh, '/api/runs', { token: who })).status
    expect([await runsOf(key), await runsOf(token)]).toEqual([200, 200])
    await fresh.pipeline.services.warehouse.access.revokeKey({ keyId })
    await fresh.pipeline.query('delete from public.user_shop_access where user_id = $1', [userId])
    expect([await runsOf(key), await runsOf(token)]).toEqual([401, 403])
    await fresh.close()
  })
})

describe('cookies', () => {
  const cookieOf = async () => {
    await world.signUp('browser@shop.test', { role: 'admin' }, [])
    return (await world.login('browser@shop.test')).cookie
  }

  test('a cookie authorizes a write only from our own pages, and a GET that enqueues never', async () => {
    const cookie = await cookieOf()
    const path = `/api/sync/employees?shop_id=${SHOP_A}`
    const write = async (headers: Record<string, string>, method = 'POST') =>
      (await ask(world, path, { method, headers: { cookie, ...headers } })).status
    expect(await write({ origin: world.url })).toBe(202)
    expect(await write({})).toBe(403)
    expect(await write({ origin: 'https://elsewhere.example' })).toBe(403)
    expect(await write({ origin: world.url, 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await write({ origin: world.url }, 'GET')).toBe(401)
    expect(await write({ origin: world.url }, 'HEAD')).toBe(405)
    const reading = await ask(world, `/api/runs?shop_id=${SHOP_A}`, { headers: { cookie } })
    expect(reading.status).toBe(200)
  })

  test('every route that changes something refuses a cookie from elsewhere', async () => {
    const cookie = await cookieOf()
    for (const route of API_ROUTES.filter(({ method }) => method === 'POST')) {
      const path = addressOf(route.path, SHOP_A)
      const headers = { cookie, origin: 'https://elsewhere.example' }
      const { status } = await ask(world, path, { method: 'POST', headers })
      expect({ route: route.path, status }).toEqual({ route: route.path, status: 403 })
    }
  })
})
