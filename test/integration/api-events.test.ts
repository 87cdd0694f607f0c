// Server-sent events: a run followed to its end, what happens in the caller's shops, and streams that end when they should.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, SHOP_A, SHOP_B, startApiWorld, type ApiWorld } from '../support/api-world.ts'
import { queueStores } from '../support/queue-store.ts'

interface Received {
  readonly event: string
  readonly data: Readonly<Record<string, unknown>>
}

let world: ApiWorld
beforeAll(async () => {
  const [store] = queueStores()
  if (store === undefined) throw new Error('there is no queue store')
  world = await startApiWorld({
    store,
    workers: true,
    app: { times: { heartbeat: 200, eventsEvery: 100 }, limits: { streamsPerCaller: 2 } },
  })
})
afterAll(() => world.close())

/** Opens a stream and collects what it says. */
const listen = async (path: string, token: string) => {
  const received: Received[] = []
  const cut = new AbortController()
  const headers = { authorization: `Bearer ${token}` }
  const response = await fetch(world.url + path, { headers, signal: cut.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
  let isOpen = true
  const read = async () => {
    let rest = ''
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const blocks = (rest + chunk).split('\n\n')
      rest = blocks.pop() ?? ''
      for (const block of blocks) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/m.exec(block) ?? []
        if (event !== undefined) received.push({ event, data: JSON.parse(data ?? '') as Received['data'] })
      }
    }
  }
  const ended = read()
    .catch(() => undefined)
    .finally(() => (isOpen = false))
  return { received, ended, isOpen: () => isOpen, cut: () => cut.abort() }
}

const sync = async (shop: number, token: string) => {
  const path = `/api/sync/repair-orders?shop_id=${shop}&days_back=6`
  return String((await ask(world, path, { method: 'POST', token })).json?.['run_id'])
}

test('a run is followed from its first count to its end, then the stream ends', async () => {
  const { key } = await world.makeKey('manager', [world.shopA.id])
  const runId = await sync(SHOP_A, key)
  const stream = await listen(`/api/runs/${runId}/events`, key)
  await stream.ended
  expect(stream.received.at(-1)).toMatchObject({
    event: 'end',
    data: { run_id: runId, status: 'finished', failed: 0, pending: 0 },
  })
  expect(stream.received.slice(0, -1).every(({ event }) => event === 'progress')).toBe(true)
})

test('listeners hear of runs, ROs and days of their shops and of no other, each once', async () => {
  const all = await world.makeKey('admin', null)
  const own = await world.makeKey('employee', [world.shopB.id])
  const everything = await listen('/api/events', all.key)
  const ofA = await listen(`/api/events?shop_id=${SHOP_A}`, all.key)
  const ofB = await listen('/api/events', own.key)
  await expect.poll(() => everything.isOpen()).toBe(true)
  const runId = await sync(SHOP_B, all.key)
  const happened = (stream: typeof ofB, event: string) => stream.received.filter((one) => one.event === event)
  await expect.poll(() => happened(ofB, 'ro-synced'), { timeout: 20_000 }).toHaveLength(6)
  await expect.poll(() => happened(ofB, 'day-changed').length, { timeout: 20_000 }).toBeGreaterThan(0)
  await expect
    .poll(() => happened(ofB, 'run').map(({ data }) => [data['run_id'], data['status']]), { timeout: 20_000 })
    .toEqual(expect.arrayContaining([[runId, 'started']]))
  expect(ofB.received.every(({ data }) => data['shop_tm_id'] === SHOP_B)).toBe(true)
  const ros = happened(ofB, 'ro-synced').map(({ data }) => data['ro'])
  expect(new Set(ros).size).toBe(6)
  expect(happened(everything, 'ro-synced').filter(({ data }) => data['shop_tm_id'] === SHOP_B)).toHaveLength(
    6,
  )
  expect(ofA.received.filter(({ data }) => data['shop_tm_id'] !== SHOP_A)).toEqual([])
  for (const stream of [everything, ofA, ofB]) stream.cut()
})

test('a stream ends when its caller may no longer listen', async () => {
  const { key, keyId } = await world.makeKey('employee', [world.shopA.id])
  const stream = await listen('/api/events', key)
  await world.pipeline.services.warehouse.access.revokeKey({ keyId })
  await stream.ended
  expect(stream.received.map(({ event }) => event)).toEqual(['closed'])
})

test('a stream over several shops ends when one of them is taken away', async () => {
  const { key, keyId } = await world.makeKey('employee', [world.shopA.id, world.shopB.id])
  const stream = await listen('/api/events', key)
  const query = 'update public.machine_keys set shops = array[$1::uuid] where id = $2'
  await world.pipeline.query(query, [world.shopB.id, keyId])
  await stream.ended
  expect(stream.received.map(({ event }) => event)).toEqual(['closed'])
})

test('a caller holds a bounded number of streams and waiting answers, and one that ends makes room', async () => {
  const { key } = await world.makeKey('manager', null)
  const first = await listen('/api/events', key)
  const second = await listen('/api/events', key)
  const refused = await ask(world, '/api/events', { token: key })
  expect(refused).toMatchObject({ status: 429, json: { code: 'TOO_MANY_STREAMS' } })
  expect(refused.headers.get('retry-after')).toBe('15')
  const runs = () => world.pipeline.query('select id from sync_log')
  const before = await runs()
  const sync = `/api/sync/repair-orders?shop_id=${SHOP_A}&days_back=1`
  const waits = await ask(world, `${sync}&wait=true`, { method: 'POST', token: key })
  expect(waits).toMatchObject({ status: 429, json: { code: 'TOO_MANY_STREAMS' } })
  expect(await runs()).toEqual(before)
  first.cut()
  await first.ended
  const opened = async () => {
    const cut = new AbortController()
    const headers = { authorization: `Bearer ${key}` }
    const { status } = await fetch(`${world.url}/api/events`, { headers, signal: cut.signal })
    cut.abort()
    return status
  }
  await expect.poll(opened).toBe(200)
  second.cut()
})

// A connection that does not end by itself is cut after five seconds.
test('open streams do not hold up the end of the server', async () => {
  const { key } = await world.makeKey('employee', null)
  const stream = await listen('/api/events', key)
  const startedAt = performance.now()
  await world.restart()
  await stream.ended
  expect(performance.now() - startedAt).toBeLessThan(4_500)
})
