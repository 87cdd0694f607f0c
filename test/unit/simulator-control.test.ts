// The handles for another process (`/__sim/*`), the stand-alone start, and how the server begins and ends.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { runSimulator } from '../../src/embedded/simulator/run.ts'
import { asReply, SMALL, serve } from './simulator-client.ts'
import type { Reply, Served } from './simulator-client.ts'

vi.setConfig({ testTimeout: 30_000 })

let served: Served
beforeAll(async () => {
  served = await serve(SMALL)
})
afterAll(() => served.close())

const control = async (method: string, path: string, body?: unknown): Promise<Reply> =>
  asReply(
    await fetch(`${served.url}/__sim/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  )

describe('/__sim', () => {
  test('tells and moves the clock', async () => {
    expect((await control('GET', 'clock')).json()).toEqual({ now: '2026-03-20T22:00:00.000Z' })
    const moved = (await control('POST', 'clock', { advance: { days: 3 } })).json<{
      now: string
      events: object
    }>()
    expect(moved.now).toBe('2026-03-23T22:00:00.000Z')
    expect(Object.keys(moved.events).length).toBeGreaterThan(0)
    expect(served.sim.clock.now().toISOString()).toBe(moved.now)
  })

  test('orders, lists and clears faults', async () => {
    const { id } = (await control('POST', 'faults', { kind: 'status', status: 503, route: 'shop' })).json<{
      id: string
    }>()
    expect((await served.get('/api/shop/4321')).status).toBe(503)
    expect((await control('GET', 'faults')).json()).toEqual([expect.objectContaining({ id, hits: 1 })])
    await control('DELETE', `faults?id=${id}`)
    expect((await served.get('/api/shop/4321')).status).toBe(200)
    expect((await control('POST', 'faults', { kind: 'explode' })).status).toBe(400)
  })

  test('shows the request log, which leaves control itself out', async () => {
    await control('DELETE', 'requests')
    await served.get('/api/shop/4321')
    await served.get('/api/shop/4321/employees')
    expect((await control('GET', 'requests')).json<unknown[]>()).toHaveLength(2)
    expect((await control('GET', 'requests?route=employees&status=200')).json<unknown[]>()).toHaveLength(1)
  })

  test('tells the truth, as the process itself sees it', async () => {
    expect((await control('GET', 'truth')).json()).toEqual(JSON.parse(JSON.stringify(served.sim.truth())))
    expect((await control('GET', 'history')).json<unknown[]>().length).toBe(served.sim.history().length)
  })

  test('edits', async () => {
    const ro = (await control('POST', 'edit', { action: 'addWorkedExample' })).json<{ id: number }>()
    expect(ro.id).toBe(318_204_417)
    const set = { kind: 'parts', set: { quantity: 2 } }
    const edited = await control('POST', 'edit', { action: 'editLine', args: [ro.id, set] })
    expect(edited.json<{ jobs: { parts: { quantity: number }[] }[] }>().jobs[0]?.parts[0]?.quantity).toBe(2)
    expect((await control('POST', 'edit', { action: 'update', args: [ro.id] })).status).toBe(400)
    expect((await control('POST', 'edit', { action: 'bump', args: [1] })).status).toBe(400)
  })

  test('sets quirks and limits, and refuses values they cannot have', async () => {
    expect((await control('POST', 'quirks', { boardCap: 5 })).json()['boardCap']).toBe(5)
    expect(
      (await served.get('/api/shop/4321/job-board-group-by?board=POSTED')).json<unknown[]>(),
    ).toHaveLength(5)
    expect((await control('POST', 'quirks', { boardPaging: 'sideways' })).status).toBe(400)
    expect((await control('POST', 'limits', { latencyMs: 1 })).json()['latencyMs']).toBe(1)
    await control('POST', 'limits', { latencyMs: 0 })
  })

  test('expires and issues tokens', async () => {
    const tokens = (await control('GET', 'tokens')).json<{
      shops: Record<string, string>
      allShops: string
    }>()
    expect(tokens.shops['4321']).toBe(served.sim.tokens.for(4321))
    await control('POST', 'tokens', { expire: 4321 })
    expect((await served.get('/api/shop/4321', tokens.shops['4321'])).status).toBe(401)
    const renewed = (await control('POST', 'tokens', { issue: 4321 })).json<typeof tokens>()
    expect((await served.get('/api/shop/4321', renewed.shops['4321'])).status).toBe(200)
  })

  test('answers 404 to what it does not know', async () => {
    expect((await control('GET', 'nothing')).status).toBe(404)
  })
})

describe('the server', () => {
  test('closes at once although a request hangs', async () => {
    const own = await serve(SMALL)
    own.sim.faults.add({ kind: 'hang' })
    const arrived = new Promise<void>((resolve) => void own.sim.requests.onArrival(() => resolve()))
    const hanging = own.get('/api/shop/4321').catch((error: unknown) => error)
    await arrived
    await own.close()
    expect(await hanging).toBeInstanceOf(Error)
  })

  test('refuses a port in use', async () => {
    const { port } = new URL(served.url)
    await expect(runSimulator({ port: Number(port), shops: '1:UTC:1' })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
  })

  test('tokens look like JWTs and follow from the seed', () => {
    expect(served.sim.tokens.for(4321).split('.')).toHaveLength(3)
  })
})

describe('runSimulator', () => {
  test('takes flags as text', async () => {
    const running = await runSimulator({ port: '0', seed: '7', days: '5', shops: '77:America/Chicago:12,78' })
    expect(running.simulator.shops.map((shop) => [shop.tmId, shop.timeZone])).toEqual([
      [77, 'America/Chicago'],
      [78, 'America/New_York'],
    ])
    expect(running.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    await running.close()
  })

  test('names the flag it cannot use', async () => {
    await expect(runSimulator({ days: 'many' })).rejects.toThrow('days')
    await expect(runSimulator({ shops: 'abc' })).rejects.toThrow('a shop is')
    await expect(runSimulator({ shops: '1:Mars/Base:3' })).rejects.toThrow('is not an IANA time zone')
    await expect(runSimulator({ shops: '1,1' })).rejects.toThrow('names a shop twice')
    await expect(runSimulator({ now: 'yesterday' })).rejects.toThrow('now')
  })
})
