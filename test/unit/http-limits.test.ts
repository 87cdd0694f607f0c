// What bounds callers and strangers before any work is done for them.
import { describe, expect, test, vi } from 'vitest'
import type { Auth } from '../../src/core/auth/auth.ts'
import { TokenRefused } from '../../src/core/auth/refusals.ts'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import { createLogger } from '../../src/core/logger.ts'
import type { Services } from '../../src/core/services.ts'
import type { Act } from '../../src/core/warehouse/api-requests.ts'
import type { Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { createAudit } from '../../src/producers/http/api/audit.ts'
import { createRecent } from '../../src/producers/http/recent.ts'
import { door, session, start } from './http-made-up-door.ts'

test('an address that tries too many tokens is refused before they are looked up, and whoever is known there is not', async () => {
  const lookedUp: string[] = []
  const identify: Auth['identify'] = async (token) => {
    lookedUp.push(token)
    return door.identify(token)
  }
  const { ask } = await start({ auth: { ...door, identify }, limits: { refusedPerMinute: 2 } })
  const status = async (token: string, path = '/api/runs/4711') =>
    (await ask(path, { headers: { authorization: `Bearer ${token}` } })).status
  expect([await status('made-up-1'), await status('made-up-2', '/admin/queues')]).toEqual([401, 404])
  expect([await status('made-up-3'), await status('made-up-4'), await status('made-up-5')]).toEqual([
    429, 429, 429,
  ])
  expect(lookedUp).toEqual(['made-up-1', 'made-up-2'])
  expect(await status(session.accessToken, '/login')).toBe(303)
})

describe('made-up tokens of one address, however they are sent', () => {
  /** The ways to send a token, and a door that tells which tokens the auth service was asked about. */
  const asked = async (refusal: 'signature' | 'expired' = 'signature') => {
    const tokens: string[] = []
    const identify: Auth['identify'] = async (token) => {
      if (token === session.accessToken) return door.identify(token)
      tokens.push(token)
      throw new TokenRefused(refusal)
    }
    const refresh: Auth['refresh'] = async (token) => {
      tokens.push(token)
      return door.refresh(token)
    }
    // A refresh token that is good, though not known to this process.
    const knows: Auth['knows'] = (token) => token === session.accessToken
    const options = { auth: { ...door, identify, refresh, knows }, limits: { refusedPerMinute: 2 } }
    const { ask, post } = await start(options)
    const browser = async (cookie: string) => (await ask('/admin', { headers: { cookie } })).status
    return { tokens, ask, post, browser }
  }
  const five = [1, 2, 3, 4, 5]
  const ascending = (a: number, b: number) => a - b

  test.each(['warehouse_session', 'warehouse_refresh'])('as cookie %s, also all at once', async (name) => {
    const { tokens, browser } = await asked()
    const answers = await Promise.all(five.map((n) => browser(`${name}=made-up-${n}`)))
    expect(answers.toSorted(ascending)).toEqual([404, 404, 429, 429, 429])
    expect(tokens).toHaveLength(2)
    expect(await browser(`warehouse_session=${session.accessToken}; warehouse_refresh=x`)).not.toBe(429)
  })

  test('to be refreshed, also all at once', async () => {
    const { tokens, post } = await asked()
    const refresh = (n: number) => post('/api/auth/refresh', { refresh_token: `made-up-${n}` })
    const answers = (await Promise.all(five.map(refresh))).map(({ status }) => status)
    expect(answers.toSorted(ascending)).toEqual([401, 401, 429, 429, 429])
    expect(tokens).toHaveLength(2)
  })

  test('do not keep out those who are right, also when more than the limit come at once', async () => {
    const good = Array.from({ length: 20 }, (_, n) => `good-${n}`)
    const identify: Auth['identify'] = async (token) => {
      await new Promise((resolve) => setImmediate(resolve))
      if (!good.includes(token)) throw new TokenRefused('unknown-key')
      return door.identify(session.accessToken)
    }
    const { ask } = await start({ auth: { ...door, identify }, limits: { refusedPerMinute: 2 } })
    const login = async (token: string) =>
      (await ask('/login', { headers: { authorization: `Bearer ${token}` } })).status
    expect(new Set(await Promise.all(good.map(login)))).toEqual(new Set([303]))
    expect(await login('made-up')).toBe(200)
    expect(new Set(await Promise.all(good.map(login)))).toEqual(new Set([303]))
  })

  test('are not the expired sessions of browsers whose refresh tokens are good', async () => {
    const { ask } = await asked('expired')
    const login = (n: number) =>
      ask('/login', {
        headers: { cookie: `warehouse_session=old-${n}; warehouse_refresh=${session.refreshToken}` },
      })
    for (const n of five) expect((await login(n)).status).toBe(303)
  })
})

test('requests to the board and to the pages of operators count as those to the API do', async () => {
  const headers = { authorization: `Bearer ${session.accessToken}` }
  for (const path of ['/admin/queues/api/queues', '/admin']) {
    const shops = { all: async () => [] } as unknown as Services['shops']
    const producer = { services: { shops } as Services, queueJobs: {} as QueueJobs }
    const { ask } = await start({ producer, limits: { perCallerPerMinute: 2 } })
    const answers = [await ask(path, { headers }), await ask(path, { headers }), await ask(path, { headers })]
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
  }
})

test('of requests refused with 429 one a minute of each caller is in the audit log, and every other act is', async () => {
  const written: Act[] = []
  const recordActs = async (acts: readonly Act[]) => void written.push(...acts)
  const log = createLogger({ level: 'silent' })
  const apiRequests = { recordActs } as unknown as Warehouse['apiRequests']
  const audit = createAudit({ apiRequests }, log)
  const who = { at: '2026-03-04T00:00:00Z', actorName: null, act: 'POST /x', shopId: null, target: {} }
  const act = (actorId: string, status: number): Act => ({
    ...who,
    actorKind: 'user',
    actorId,
    status,
    requestId: 'r',
  })
  for (let n = 0; n < 1_000; n += 1) audit.record(act('a', 429), log)
  for (const one of [act('a', 202), act('b', 429), act('a', 403), act('b', 429)]) audit.record(one, log)
  await audit.close()
  expect(written.map(({ actorId, status }) => `${actorId} ${status}`)).toEqual([
    'a 429',
    'a 202',
    'b 429',
    'a 403',
  ])
})

describe('numbers that the warehouse does not know', () => {
  const unknownAt = async () => {
    const asked: number[] = []
    const findByNumber = async ({ roNumber }: { roNumber: number }) => {
      asked.push(roNumber)
      return null
    }
    const nothing = { find: async () => null }
    const shops = { all: async () => [{ id: 'a', tmId: 4321 }] }
    const services = {
      shops,
      tekmetric: { findByNumber },
      warehouse: { repairOrders: nothing, quarantine: nothing },
    }
    const admin = { ...(await door.identify(session.accessToken)), role: 'admin', everyShop: true } as const
    const { ask } = await start({
      auth: { ...door, identify: async () => admin },
      producer: { services: services as unknown as Services, queueJobs: {} as QueueJobs },
      audit: { record: () => undefined, close: async () => undefined },
    })
    const headers = { authorization: `Bearer ${session.accessToken}` }
    const search = (path: string, number: number) =>
      ask(`${path}?shop_id=4321&ro_number=${number}`, { headers })
    const readAgain = (number: number) =>
      ask(`/api/sync/repair-orders/by-number?shop_id=4321&ro_number=${number}`, { method: 'POST', headers })
    return { asked, search, readAgain }
  }

  test('are asked of TM by ten searches a minute, of whatever kind, and people who want one read go on', async () => {
    const { asked, search, readAgain } = await unknownAt()
    const answers = []
    for (let n = 1; n <= 16; n += 1)
      answers.push(await search(n % 2 === 0 ? '/api/failed' : '/api/queue-jobs', n))
    expect(answers.map(({ status }) => status)).toEqual([
      ...Array.from({ length: 10 }, () => 404),
      ...Array.from({ length: 6 }, () => 429),
    ])
    expect(answers.at(-1)?.json()).toMatchObject({ code: 'TOO_MANY_SEARCHES' })
    expect(Number(answers.at(-1)?.header('retry-after'))).toBeGreaterThan(50)
    expect(asked).toHaveLength(10)
    expect((await readAgain(17)).status).toBe(404)
    expect(asked.at(-1)).toBe(17)
  })

  test('are asked of TM once a minute by searches, and each time by who wants one read: it may have been made since', async () => {
    const { asked, search, readAgain } = await unknownAt()
    for (const answer of [
      await search('/api/queue-jobs', 7),
      await search('/api/failed', 7),
      await readAgain(7),
    ])
      expect(answer.json()).toMatchObject({ status: 404, code: 'NO_SUCH_REPAIR_ORDER' })
    expect(asked).toEqual([7, 7])
  })
})

test('what is remembered is forgotten when its time is over, and the oldest when there is too much', () => {
  const ms = performance.now()
  const clock = vi.spyOn(performance, 'now').mockReturnValue(ms)
  const recent = createRecent({ ms: 1_000, most: 2 })
  for (const key of ['a', 'b', 'c']) recent.add(key)
  expect(['a', 'b', 'c'].map((key) => recent.has(key))).toEqual([false, true, true])
  clock.mockReturnValue(ms + 999)
  recent.add('b')
  clock.mockReturnValue(ms + 1_000)
  expect(['b', 'c'].map((key) => recent.has(key))).toEqual([true, false])
  clock.mockRestore()
})
