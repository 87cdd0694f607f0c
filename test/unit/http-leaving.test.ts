// Callers who leave early, and acts that are refused: nothing happens unseen, and nothing is held for nobody.
import type { Queue } from 'bullmq'
import { describe, expect, test } from 'vitest'
import type { Auth } from '../../src/core/auth/auth.ts'
import { personIdentity } from '../../src/core/auth/identity.ts'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import type { Services } from '../../src/core/services.ts'
import type { Act } from '../../src/core/warehouse/api-requests.ts'
import type { Shop } from '../../src/core/warehouse/warehouse.ts'
import type { Audit } from '../../src/producers/http/api/audit.ts'
import type { HttpAppOptions } from '../../src/producers/http/app.ts'
import { noSchedules } from '../support/schedule-desk.ts'
import { door, session, start } from './http-made-up-door.ts'

const headers = { authorization: `Bearer ${session.accessToken}` }

const person = (role: 'employee' | 'admin') =>
  personIdentity({
    userId: 'u-1',
    email: 'm@shop.test',
    role,
    shops: new Map(),
    expiresAt: new Date(Date.now() + 3_600_000),
  })

/** A caller who leaves as soon as the server is at work, and `gone` when the server has seen that. */
const leaving = () => {
  const caller = new AbortController()
  let seen: () => void = () => undefined
  const gone = new Promise<void>((resolve) => (seen = resolve))
  const ask = async (url: string, path: string, method: string) => {
    const asked = fetch(url + path, { method, headers, signal: caller.signal }).catch(() => undefined)
    // A request that comes later is answered later: by then the first is under way, and then its end was seen.
    await (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).text()
    caller.abort()
    await asked
    await (await fetch(`${url}/healthz`, { headers: { connection: 'close' } })).text()
    seen()
  }
  return { gone, ask }
}

describe('for a caller who leaves while we find out who it is', () => {
  /** Sends a request and leaves; the caller is known only after that. */
  const leave = async (path: string, method: string, options: Partial<HttpAppOptions>) => {
    const left = leaving()
    let found: () => void = () => undefined
    const isFound = new Promise<void>((resolve) => (found = resolve))
    const identify: Auth['identify'] = async (token) => {
      await left.gone
      found()
      return door.identify(token)
    }
    const { url } = await start({ ...options, auth: { ...door, identify } })
    await left.ask(url, path, method)
    await isFound
    await new Promise((resolve) => setImmediate(resolve))
  }

  test('nothing is done in the board, which nobody would hear of', async () => {
    let paused = 0
    const pause = async () => void (paused += 1)
    const queue = new Proxy({ name: 'metrics', metaValues: { version: 'bullmq:6' }, pause } as object, {
      get: (target, name) => Reflect.get(target, name) ?? (async () => 0),
    })
    await leave('/admin/queues/api/queues/metrics/pause', 'PUT', { queues: [queue as Queue] })
    expect(paused).toBe(0)
  })

  test('nothing is done by a route of the API', async () => {
    let paused = 0
    const pause = async () => {
      paused += 1
      return { changed: true }
    }
    await leave('/api/schedules/sweep-dirty/pause', 'POST', { schedules: { ...noSchedules, pause } })
    expect(paused).toBe(0)
  })
})

test('a stream whose caller left before it began ends, and makes room for the next', async () => {
  const left = leaving()
  const all = async () => {
    await left.gone
    return [{ id: 'a', tmId: 4321 } as Shop]
  }
  const events = async () => ({ now: new Date().toISOString(), events: [] })
  const services = { shops: { all }, warehouse: { apiRequests: { events } } } as unknown as Services
  const producer = { services, queueJobs: {} as QueueJobs }
  const auth = { ...door, identify: async () => person('admin') }
  const { url } = await start({ producer, auth, limits: { streamsPerCaller: 1 } })
  await left.ask(url, '/api/events?shop_id=4321', 'GET')
  const next = new AbortController()
  const open = () => fetch(`${url}/api/events?shop_id=4321`, { headers, signal: next.signal })
  await expect.poll(async () => (await open()).status).toBe(200)
  next.abort()
})

test('an act that is refused on a page is in the audit log as over the API', async () => {
  const acts: Act[] = []
  const audit: Audit = { record: (act) => void acts.push(act), close: async () => undefined }
  const { submit } = await start({ audit, auth: { ...door, identify: async () => person('employee') } })
  const cookie = `warehouse_session=${session.accessToken}`
  const { status } = await submit('/admin/schedules/sweep-dirty/pause', {}, { cookie })
  expect(status).toBe(403)
  await expect
    .poll(() => acts)
    .toMatchObject([{ act: 'POST /api/schedules/{id}/pause', status: 403, actorId: 'u-1' }])
})
