// Whatever is sent, the answer is a 4xx that names what is wrong, and nothing is enqueued: every route with values its schema
// refuses, unknown and doubled names, wrong and broken and oversized bodies, wrong methods, odd addresses.
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextOf } from '../../src/producers/http/api/fields.ts'
import { nameOf, type ApiRoute } from '../../src/producers/http/api/route.ts'
import { API_ROUTES } from '../../src/producers/http/api/table.ts'
import { ask, SHOP_A, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

const RUNS = 40
const seed = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1_000_000)

let world: ApiWorld
let admin: string
let run: string
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  world = await startApiWorld({ store, recordTtlMs: 60_000 })
  admin = (await world.makeKey('admin', null)).key
  const wish = { shopId: world.shopA.id, kind: 'employees', trigger: 'api', params: {} } as const
  run = (await world.pipeline.services.warehouse.runs.start(wish)).runId
})

afterAll(() => world.close())

/** What has come of all this: queue jobs by queue, and runs beside the one made above. */
const consequences = async () => {
  const { queueJobs } = world.pipeline
  const found: Record<string, number> = {}
  for (const queue of queueJobs.all()) {
    const counts = Object.values(await queue.getJobCounts())
    found[queue.name] = counts.reduce((sum, count) => sum + count, 0)
  }
  const runs = await world.pipeline.query('select id from public.sync_log where id <> $1', [run])
  return { ...found, runs: runs.length }
}

const GOOD: Readonly<Record<string, string>> = {
  shop_id: String(SHOP_A),
  start_date: '2026-01-01',
  end_date: '2026-01-02',
  date: '2026-01-01',
  since: '2026-01-01T00:00:00Z',
}

/** A good query of the route: every required parameter. */
const goodQuery = (route: ApiRoute): Record<string, string> =>
  Object.fromEntries(
    Object.entries(GOOD).filter(([name]) => {
      const field = route.query.shape[name]
      return (
        field !== undefined &&
        !('safeParse' in field && (field as ApiRoute['query']).safeParse(undefined).success)
      )
    }),
  )

const address = ({ path }: ApiRoute, query: Readonly<Record<string, string>> | string): string => {
  const text = typeof query === 'string' ? query : new URLSearchParams(query).toString()
  return `${path.replace('{id}', run).replace('{ro_id}', '4711')}?${text}`
}

interface Problem {
  readonly code?: string
  readonly errors?: readonly { readonly path: string }[]
}

/** Sends it and expects a refusal. @returns the fields that it names */
const refused = async (route: ApiRoute, path: string, init: Parameters<typeof ask>[2] = {}) => {
  const answer = await ask(world, path, { method: route.method, token: admin, ...init })
  expect({ path, ...init, status: answer.status, text: answer.text }).toMatchObject({
    status: expect.toSatisfy((status: number) => status >= 400 && status < 500),
  })
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  const problem = answer.json as Problem | null
  return { status: answer.status, names: (problem?.errors ?? []).map((error) => error.path) }
}

const junk = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    ' ',
    '0',
    '-1',
    '1.5',
    '1e3',
    '0x10',
    'NaN',
    'null',
    'undefined',
    'true',
    '[]',
    '{}',
    '%00',
    '\0',
  ),
  fc.constantFrom(
    '99999999999999999999',
    '2026-02-30',
    '0000-01-01',
    '2026-1-1',
    '9999-12-31',
    "'; drop table shops",
  ),
  fc.constantFrom('__proto__', 'constructor', '../../etc/passwd', 'a'.repeat(3_000)),
)
const options = { numRuns: RUNS, seed }
const routes = API_ROUTES.filter((route) => route.scope !== 'public')

describe.each(routes.map((route) => [nameOf(route), route] as const))('%s', (_name, route) => {
  const fields = Object.keys(route.query.shape)

  if (fields.length > 0)
    test('names every parameter that does not fit', async () => {
      const wrong = fc.tuple(fc.constantFrom(...fields), junk).filter(([name, value]) => {
        const field = route.query.shape[name] as ApiRoute['query']
        return !field.safeParse(value).success
      })
      await fc.assert(
        fc.asyncProperty(wrong, async ([name, value]) => {
          const { names } = await refused(route, address(route, { ...goodQuery(route), [name]: value }))
          expect(names).toContain(name)
        }),
        options,
      )
    })

  if (fields.length > 1)
    test('names two wrong parameters in one answer', async () => {
      const [one = '', two = ''] = fields
      const { names } = await refused(route, address(route, { [one]: '?', [two]: '?' }))
      expect(names).toEqual(expect.arrayContaining([one, two]))
    })

  test('names what it does not know, what is given twice and what is missing', async () => {
    await fc.assert(
      fc.asyncProperty(
        junk.filter((name) => name !== '' && !fields.includes(name)),
        junk,
        async (name, value) => {
          const { names } = await refused(route, address(route, { ...goodQuery(route), [name]: value }))
          expect(names).toContain(name.slice(0, 100))
        },
      ),
      options,
    )
    for (const name of Object.keys(goodQuery(route))) {
      const good = new URLSearchParams(goodQuery(route))
      good.append(name, GOOD[name] ?? '')
      expect((await refused(route, address(route, good.toString()))).names).toContain(name)
      good.delete(name)
      expect((await refused(route, address(route, good.toString()))).names).toContain(name)
    }
  })

  if (route.path.includes('{'))
    test('refuses odd addresses', async () => {
      const part = Object.keys(route.params.shape)[0] ?? ''
      const field = route.params.shape[part] as ApiRoute['params']
      // A word of another route, and what URL parsers take away, are other addresses.
      const isOdd = (value: string) =>
        value !== '' && !/^\.+$/.test(value) && !/^[a-z-]+$/.test(value) && !field.safeParse(value).success
      await fc.assert(
        fc.asyncProperty(junk.filter(isOdd), async (value) => {
          const path = route.path.replace(`{${part}}`, encodeURIComponent(value))
          const query = new URLSearchParams(goodQuery(route)).toString()
          const { status, names } = await refused(route, `${path}?${query}`)
          // Where a word would be another route, there is nothing.
          expect(status === 404 || names.includes(part)).toBe(true)
        }),
        options,
      )
      const broken = route.path.replace(`{${part}}`, '%E0%A4%A')
      expect((await refused(route, `${broken}?shop_id=${SHOP_A}`)).status).toBe(400)
    })

  if (route.method === 'POST')
    test('refuses bodies of every kind', async () => {
      const path = address(route, goodQuery(route))
      const json = { 'content-type': 'application/json' }
      const send = (body: string, headers: Record<string, string>) => refused(route, path, { body, headers })
      expect(await send('shop_id=4321', { 'content-type': 'application/x-www-form-urlencoded' })).toEqual({
        status: 415,
        names: ['Content-Type'],
      })
      expect((await send('<x/>', { 'content-type': 'text/xml' })).status).toBe(415)
      expect((await send('{', json)).status).toBe(400)
      expect((await send('[1]', json)).names).toEqual(['body'])
      expect((await send(JSON.stringify({ a: 'x'.repeat(40_000) }), json)).status).toBe(413)
      expect((await send('{}', { ...json, 'content-encoding': 'nonsense' })).status).toBe(415)
      await fc.assert(
        fc.asyncProperty(
          fc.dictionary(
            fc.string({ minLength: 1, maxLength: 20 }).filter((name) => name !== '__proto__'),
            fc.jsonValue(),
            { minKeys: 1 },
          ),
          async (body) => {
            const { names } = await send(JSON.stringify(body), json)
            expect(names).toEqual(expect.arrayContaining(Object.keys(body)))
          },
        ),
        options,
      )
    })

  test('refuses other methods and says which it takes', async () => {
    for (const method of ['PUT', 'DELETE', 'PATCH'])
      expect((await refused(route, address(route, goodQuery(route)), { method })).status).toBe(405)
  })

  if (route.enqueues)
    test('refuses an Idempotency-Key that is none', async () => {
      for (const key of ['', ' ', 'with space', 'x'.repeat(201)])
        expect(
          (await refused(route, address(route, goodQuery(route)), { headers: { 'idempotency-key': key } }))
            .names,
        ).toEqual(['Idempotency-Key'])
    })
})

const ODD_INSTANTS = [
  '2026-03-04T00:00:00+23:59',
  '2026-03-04T00:00:00-16:00',
  '0000-01-01T00:00:00Z',
  '9999-12-31T23:59:59Z',
  `2026-03-04T00:00:00.${'1'.repeat(200)}Z`,
]
/** Where a page begins, of the lists that are kept by an instant or a number. */
const ODD_PLACES: Readonly<Record<string, readonly object[]>> = {
  '/api/runs': ODD_INSTANTS.map((startedAt) => ({ startedAt, runId: randomUUID() })),
  '/api/dashboard/restatements': ODD_INSTANTS.slice(0, 3).map((at) => ({
    restated_at: at,
    date: '2026-03-04',
  })),
  '/api/dashboard/estimated-costs': [{ estimated_labor_cost: 1e300, ro: 1 }],
  '/api/dashboard/repair-orders': [{ date: '0000-01-01', ro: 1 }],
  '/api/dashboard/work-in-progress': [{ ro: 1e300 }],
}

test('instants and places beyond what the database takes are refused by name', async () => {
  for (const route of routes) {
    const named = async (given: Record<string, string>) =>
      (await refused(route, address(route, { ...goodQuery(route), ...given }))).names
    for (const since of 'since' in route.query.shape ? ODD_INSTANTS : [])
      expect(await named({ since })).toEqual(['since'])
    for (const place of ODD_PLACES[route.path] ?? [])
      expect(await named({ after: nextOf(place) })).toEqual(['after'])
  }
})

describe('login and refresh', () => {
  test.each(['/api/auth/login', '/api/auth/refresh'])('%s names what does not fit', async (path) => {
    const route = API_ROUTES.find((one) => one.path === path)
    if (route?.body === null || route === undefined) throw new Error('there is no such route')
    const { body: shape } = route
    const headers = { 'content-type': 'application/json' }
    await fc.assert(
      fc.asyncProperty(
        fc
          .dictionary(fc.constantFrom('email', 'password', 'refresh_token', 'x'), fc.jsonValue())
          .filter((body) => !shape.strict().safeParse(body).success),
        async (body) => {
          const { names } = await refused(route, path, { body: JSON.stringify(body), headers })
          expect(names.length).toBeGreaterThan(0)
        },
      ),
      options,
    )
  })
})

test('a backfill names the days that cannot be: other than those of the open one, and days to come', async () => {
  const wish = { windowDays: 1, trigger: 'cli', forecast: {}, shopId: world.shopA.id } as const
  await world.pipeline.services.warehouse.backfills.open({ ...wish, from: '2026-03-01', to: '2026-03-04' })
  const route = API_ROUTES.find(({ path, method }) => method === 'POST' && path.endsWith('/full-backfill'))
  if (route === undefined) throw new Error('there is no such route')
  const asked = (start_date: string, end_date: string) =>
    refused(route, address(route, { shop_id: String(SHOP_A), start_date, end_date }))
  expect(await asked('2026-03-02', '2026-03-04')).toEqual({ status: 400, names: ['start_date', 'end_date'] })
  expect(await asked('2099-01-01', '2099-01-02')).toEqual({ status: 400, names: ['end_date'] })
})

test('nothing was enqueued and no run opened by any of it', async () => {
  expect(await consequences()).toEqual({
    discovery: 0,
    'repair-orders': 0,
    snapshots: 0,
    metrics: 0,
    maintenance: 0,
    runs: 0,
  })
})
