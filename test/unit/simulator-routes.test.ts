// Routes and access (tekmetric-api.md §4): who may ask for what, and TM's odd shapes.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SimRepairOrder } from '../../src/embedded/simulator/model.ts'
import { asReply, serve } from './simulator-client.ts'
import type { Served } from './simulator-client.ts'

vi.setConfig({ testTimeout: 30_000 })

let served: Served
let ros: SimRepairOrder[]
const of = (shop: number): SimRepairOrder[] => ros.filter((ro) => ro.shopTmId === shop)
const withStatus = (...ids: number[]): SimRepairOrder[] => of(4321).filter((ro) => ids.includes(ro.statusId))
const first = (list: SimRepairOrder[]): SimRepairOrder => {
  if (!list[0]) throw new Error('no such RO')
  return list[0]
}

beforeAll(async () => {
  served = await serve()
  ros = served.sim.truth().repairOrders
}, 30_000)
afterAll(() => served.close())

describe('access', () => {
  test('no token, an unknown one and an expired one are refused with 401 and an empty body', async () => {
    const { sim } = served
    for (const token of [null, 'nonsense']) {
      const reply = await served.get('/api/shop/4321', token)
      expect([reply.status, reply.text]).toEqual([401, ''])
    }
    const old = sim.tokens.for(4321)
    sim.tokens.expire(4321)
    expect((await served.get('/api/shop/4321', old)).status).toBe(401)
    sim.setQuirks({ unauthorizedBody: 'html' })
    expect((await served.get('/api/shop/4321', old)).text).toContain('<!doctype html>')
    sim.setQuirks({ unauthorizedBody: 'empty' })
    sim.tokens.issue(4321)
    expect((await served.get('/api/shop/4321')).status).toBe(200)
    expect((await served.get('/api/shop/4321', old)).status).toBe(401)
  })

  test('a token past its own expiry is refused', async () => {
    const token = served.sim.tokens.issue(4321, { expiresAt: new Date(Date.now() - 1_000).toISOString() })
    expect((await served.get('/api/shop/4321', token)).status).toBe(401)
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: number
    }
    expect(claims.exp).toBeLessThan(Date.now() / 1000)
    served.sim.tokens.issue(4321)
  })

  test("shop A's token on shop B's path is refused with 403, on B's RO it finds nothing", async () => {
    const foreign = first(of(4322))
    const token = served.sim.tokens.for(4321)
    expect((await served.get('/api/shop/4322', token)).status).toBe(403)
    expect((await served.get(`/api/shop/4322/repair-order/${foreign.id}`, token)).status).toBe(403)
    expect((await served.get(`/api/shop/4321/repair-order/${foreign.id}`, token)).status).toBe(404)
    expect((await served.get(`/api/repair-order/${foreign.id}/estimate`, token)).status).toBe(404)
    expect((await served.get(`/api/repair-order/${foreign.id}/profit/labor`, token)).status).toBe(404)
  })

  test('the token for all shops opens each shop, unless that is switched off', async () => {
    const token = served.sim.tokens.allShops
    for (const shop of [4321, 4322]) expect((await served.get(`/api/shop/${shop}`, token)).status).toBe(200)
    served.sim.setQuirks({ allShopsToken: false })
    expect((await served.get('/api/shop/4321', token)).status).toBe(401)
    served.sim.setQuirks({ allShopsToken: true })
  })

  test('anything but GET is answered 405 and stays in the log', async () => {
    const headers = { 'x-auth-token': served.sim.tokens.for(4321) }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE']) {
      const response = await fetch(`${served.url}/api/shop/4321/job`, {
        method,
        headers,
        ...(method === 'POST' ? { body: '{}' } : {}),
      })
      expect(response.status).toBe(405)
    }
    expect(served.sim.requests.list({ status: 405 }).map((entry) => entry.method)).toEqual([
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
    ])
  })

  test('the log tells route, shop, RO and answer, and never a token', async () => {
    served.sim.requests.reset()
    const ro = first(of(4321))
    await served.get(`/api/repair-order/${ro.id}/estimate?x=1`)
    expect(served.sim.requests.list()).toEqual([
      expect.objectContaining({
        method: 'GET',
        route: 'estimate',
        shop: 4321,
        ro: ro.id,
        status: 200,
        token: 4321,
        query: { x: '1' },
      }),
    ])
    expect(JSON.stringify(served.sim.requests.list())).not.toContain(served.sim.tokens.for(4321))
  })
})

describe('an RO', () => {
  test('its header has null jobs and no pay or customer lists', async () => {
    const ro = first(withStatus(5))
    const header = (await served.get(`/api/shop/4321/repair-order/${ro.id}`)).json()
    expect(header['jobs']).toBeNull()
    expect(header['repairOrderStatus']).toEqual({ id: 5, code: 'POSTED', name: 'Posted' })
    expect(header['postedDate']).toBe(ro.postedDate)
  })

  test('deleted it answers 200 with status 7, never existed it answers 404', async () => {
    const gone = first(withStatus(7))
    const header = (await served.get(`/api/shop/4321/repair-order/${gone.id}`)).json()
    expect(header['repairOrderStatus']).toEqual({ id: 7, code: 'DELETED', name: 'Deleted' })
    expect((await served.get('/api/shop/4321/repair-order/999')).status).toBe(404)
    expect((await served.get('/api/repair-order/999/estimate')).status).toBe(404)
  })

  test('its thin route is missing for a share of the ROs in work, and only for those', async () => {
    const statuses = async (list: SimRepairOrder[]) =>
      Promise.all(list.map(async (ro) => (await served.get(`/api/repair-order/${ro.id}`)).status))
    expect(new Set(await statuses(withStatus(2)))).toEqual(new Set([200, 404]))
    expect(new Set(await statuses(withStatus(5).slice(0, 30)))).toEqual(new Set([200]))
  })

  test('its text holds float literals, nanoseconds, null and missing lists', async () => {
    const texts = await Promise.all(
      of(4321)
        .slice(0, 80)
        .map(async (ro) => (await served.get(`/api/repair-order/${ro.id}/estimate`)).text),
    )
    const all = texts.join('\n')
    expect(all).toMatch(/"retail":\d+\.0[,}]/)
    expect(all).toMatch(/"retail":\d+[,}]/)
    expect(all).toMatch(/"id":\d+\.0,/)
    expect(all).not.toMatch(/"retail":"/)
    expect(all).toMatch(/"authorizedDate":"[^"]+\.\d{9}Z"/)
    expect(all).toContain('"parts":null')
    expect(all).toContain('"parts":[]')
    expect(all).toContain('"subtotal":null,"tax":null')
    expect(all).toContain('"fees":{"data":[')
    const jobs = texts.flatMap((text) => {
      const estimate = JSON.parse(text) as { jobs?: object[]; repairOrderJobs?: object[] }
      return estimate.jobs ?? estimate.repairOrderJobs ?? []
    })
    for (const key of ['parts', 'labor', 'fees', 'sublets'])
      expect(
        jobs.some((job) => !(key in job)),
        key,
      ).toBe(true)
  })

  test('quoted numbers appear only behind their knob', async () => {
    served.sim.setQuirks({ quotedNumbers: true })
    const quoted = await Promise.all(
      of(4321)
        .slice(0, 20)
        .map(async (ro) => (await served.get(`/api/repair-order/${ro.id}/estimate`)).text),
    )
    expect(quoted.join('')).toMatch(/"(retail|cost|total)":"\d+\.0"/)
    served.sim.setQuirks({ quotedNumbers: false, floatLiterals: false })
    const plain = (await served.get(`/api/repair-order/${first(withStatus(5)).id}/estimate`)).text
    expect(plain).not.toMatch(/\d\.0[,}]/)
    served.sim.setQuirks({ floatLiterals: true })
  })
})

test('an unknown path answers 404 and an unreadable one 400, and the server lives on', async () => {
  expect((await served.get('/api/shop/4321/nothing')).status).toBe(404)
  const broken = await asReply(
    await fetch(
      `${served.url}/api/reporting/profit-details-report?shopIds=4321&start=2026-02-01T00:00:00Z&end=2026-03-31T00:00:00Z&nextKeys=%7Bbroken`,
      { headers: { 'x-auth-token': served.sim.tokens.for(4321) } },
    ),
  )
  expect(broken.status).toBe(400)
  expect((await served.get('/api/shop/4321')).status).toBe(200)
})
