// Every fault the simulator can be told to show (S11), how faults are aimed, and the enforced rate limit.
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FaultInput } from '../../src/embedded/simulator/faults.ts'
import { RateLimit } from '../../src/embedded/simulator/rate-limit.ts'
import { SMALL, serve } from './simulator-client.ts'
import type { Reply, Served } from './simulator-client.ts'

vi.setConfig({ testTimeout: 30_000 })

let served: Served
let ro: number
let path: string
const ask = (): Promise<Reply> => served.get(path)
const order = (fault: FaultInput): string => served.sim.faults.add(fault)

beforeAll(async () => {
  served = await serve(SMALL)
  const sold = served.sim.truth().repairOrders.find((one) => one.jobs.some((job) => job.parts.length > 0))
  ro = sold?.id ?? 0
  path = `/api/repair-order/${ro}/estimate`
})
beforeEach(() => {
  served.sim.faults.clear()
  served.sim.requests.reset()
})
afterAll(() => served.close())

describe('answers instead of the right one', () => {
  test.each([401, 403, 404, 429, 500, 502, 503])('%i, empty', async (status) => {
    order({ kind: 'status', status })
    const reply = await ask()
    expect([reply.status, reply.text]).toEqual([status, ''])
    expect(served.sim.requests.list()[0]).toMatchObject({ status, fault: 'status' })
  })

  test('a status may come with a web page or a JSON body', async () => {
    order({ kind: 'status', status: 502, body: 'html', times: 1 })
    order({ kind: 'status', status: 500, body: 'json', times: 1 })
    expect((await ask()).headers.get('content-type')).toContain('text/html')
    expect((await ask()).json()).toEqual({ error: 500 })
  })

  test('Retry-After comes as seconds, as a date, or not at all', async () => {
    order({ kind: 'status', status: 429, retryAfterSeconds: 7, times: 1 })
    expect((await ask()).headers.get('retry-after')).toBe('7')
    order({ kind: 'status', status: 429, retryAfterSeconds: 60, retryAfterStyle: 'date', times: 1 })
    const wait = Date.parse((await ask()).headers.get('retry-after') ?? '') - Date.now()
    expect(wait).toBeGreaterThan(50_000)
    expect(wait).toBeLessThanOrEqual(60_000)
    order({ kind: 'status', status: 429, times: 1 })
    expect((await ask()).headers.get('retry-after')).toBeNull()
  })

  test('a web page with status 200', async () => {
    order({ kind: 'html' })
    const reply = await ask()
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toContain('text/html')
    expect(() => reply.json()).toThrow(/JSON/)
  })

  test('JSON that ends half way', async () => {
    const whole = await ask()
    order({ kind: 'truncate' })
    const reply = await ask()
    expect(reply.status).toBe(200)
    expect(whole.text.startsWith(reply.text)).toBe(true)
    expect(() => reply.json()).toThrow(/JSON/)
  })

  test('a connection that is cut, before and within the body', async () => {
    order({ kind: 'reset', times: 1 })
    await expect(ask()).rejects.toThrow(/fetch failed|terminated/)
    order({ kind: 'reset', afterBytes: 100, times: 1 })
    await expect(ask()).rejects.toThrow(/fetch failed|terminated/)
    expect((await ask()).status).toBe(200)
  })

  test('no answer at all until the client gives up', async () => {
    order({ kind: 'hang' })
    const signal = AbortSignal.timeout(150)
    const headers = { 'x-auth-token': served.sim.tokens.for(4321) }
    await expect(fetch(served.url + path, { headers, signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    })
    expect(served.sim.requests.list()[0]).toMatchObject({ status: 0, fault: 'hang' })
  })

  test('a late answer, and a late body after early headers', async () => {
    order({ kind: 'slow', ms: 120, times: 1 })
    const started = performance.now()
    expect((await ask()).status).toBe(200)
    expect(performance.now() - started).toBeGreaterThanOrEqual(115)
    order({ kind: 'slow-body', ms: 120, times: 1 })
    const headers = { 'x-auth-token': served.sim.tokens.for(4321) }
    const response = await fetch(served.url + path, { headers })
    const atHeaders = performance.now()
    expect(((await response.json()) as { id: number }).id).toBe(ro)
    expect(performance.now() - atHeaders).toBeGreaterThan(60)
  })

  test('a spoiled field of one RO: text in a price, a bare NaN, a missing id', async () => {
    const isFirst = { times: 1 }
    order({ kind: 'malform', ro, path: 'jobs.*.parts.*.retail', value: 'abc', ...isFirst })
    expect((await ask()).text).toContain('"retail":"abc"')
    order({ kind: 'malform', ro, path: 'authorizedTotal', raw: 'NaN', ...isFirst })
    expect((await ask()).text).toContain('"authorizedTotal":NaN')
    order({ kind: 'malform', ro, path: 'repairOrderStatus', value: null, route: 'header', ...isFirst })
    const header = await served.get(`/api/shop/4321/repair-order/${ro}`)
    expect(header.json()['repairOrderStatus']).toBeNull()
    const clean = await ask()
    expect(clean.text).not.toMatch(/"abc"|NaN[,}]/)
  })

  test('a spoiled answer does not spoil the state behind it', async () => {
    const before = served.sim.truth()
    for (const field of ['jobs.*.discounts.*.total', 'jobs.*.parts.*.cost', 'fees.data.*.total']) {
      order({ kind: 'malform', path: field, value: 'abc', times: 1 })
      await ask()
    }
    order({ kind: 'malform', path: 'phone.0.number', value: 'abc', route: 'customer', times: 1 })
    await served.get(`/api/shop/4321/customer/${before.customers[0]?.id ?? 0}`)
    expect(served.sim.truth()).toEqual(before)
  })

  test('an offset page that moved under the reader: a row repeats, or one is skipped (S13)', async () => {
    const ids = async (page: number): Promise<number[]> =>
      (await served.get(`/api/shop/4321/customer?page=${page}&size=10`))
        .json<{ content: { id: number }[] }>()
        .content.map((row) => row.id)
    const [first, second] = [await ids(0), await ids(1)]
    order({ kind: 'shift', route: 'customers', by: 1 })
    expect((await ids(1))[0]).toBe(first.at(-1))
    served.sim.faults.clear()
    order({ kind: 'shift', route: 'customers', by: -1 })
    expect((await ids(1))[0]).toBe(second[1])
  })
})

describe('aim', () => {
  test('a fault hits its route, RO and shop, and nothing else', async () => {
    order({ kind: 'status', status: 500, route: 'estimate', ro, shop: 4321 })
    expect((await ask()).status).toBe(500)
    expect((await served.get(`/api/repair-order/${ro}/profit/labor`)).status).toBe(200)
    const other = served.sim.truth().repairOrders.find((one) => one.id !== ro)
    expect((await served.get(`/api/repair-order/${other?.id ?? 0}/estimate`)).status).toBe(200)
  })

  test('a fault lets some pass, hits the next ones, and is spent', async () => {
    order({ kind: 'status', status: 503, skip: 1, times: 2 })
    const statuses: number[] = []
    for (let i = 0; i < 5; i++) statuses.push((await ask()).status)
    expect(statuses).toEqual([200, 503, 503, 200, 200])
  })

  test('chance is the same for the same seed', async () => {
    const run = async (): Promise<number[]> => {
      const own = await serve(SMALL)
      own.sim.faults.add({ kind: 'status', status: 500, probability: 0.3 })
      const statuses: number[] = []
      for (let i = 0; i < 60; i++) statuses.push((await own.get('/api/shop/4321')).status)
      await own.close()
      return statuses
    }
    const one = await run()
    expect(await run()).toEqual(one)
    const hits = one.filter((status) => status === 500).length
    expect(hits).toBeGreaterThan(8)
    expect(hits).toBeLessThan(30)
  })

  test('faults are listed with their hits and removed one by one', async () => {
    const id = order({ kind: 'status', status: 500 })
    await ask()
    expect(served.sim.faults.list()).toEqual([expect.objectContaining({ id, seen: 1, hits: 1 })])
    expect(served.sim.faults.remove(id)).toBe(true)
    expect((await ask()).status).toBe(200)
  })
})

describe('the rate limit', () => {
  test('accepts exactly the limit in any minute, per token', () => {
    const limit = new RateLimit(3)
    const at = (seconds: number, key = 'a'): number => limit.take(key, seconds * 1_000)
    expect([at(0), at(10), at(20)]).toEqual([0, 0, 0])
    expect(at(30)).toBe(30_000)
    expect(at(30, 'b')).toBe(0)
    expect(at(59.9)).toBe(100)
    expect(at(60)).toBe(0)
    expect(at(61)).toBe(9_000)
  })

  test('is enforced with 429 and a wait, and can be lifted', async () => {
    served.sim.setLimits({ requestsPerMinute: 2 })
    const statuses = [(await ask()).status, (await ask()).status]
    const refused = await ask()
    expect([...statuses, refused.status]).toEqual([200, 200, 429])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(50)
    served.sim.setLimits({ retryAfterStyle: 'none' })
    expect((await ask()).headers.get('retry-after')).toBeNull()
    served.sim.setLimits({ requestsPerMinute: 0 })
    expect((await ask()).status).toBe(200)
  })

  test('latency is added to every answer', async () => {
    served.sim.setLimits({ latencyMs: 80 })
    const started = performance.now()
    await ask()
    expect(performance.now() - started).toBeGreaterThanOrEqual(75)
    served.sim.setLimits({ latencyMs: 0 })
  })
})
