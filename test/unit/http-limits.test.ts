// What bounds callers and strangers before any work is done for them.
import { describe, expect, test } from 'vitest'
import type { Auth } from '../../src/core/auth/auth.ts'
import { TokenRefused } from '../../src/core/auth/refusals.ts'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import { createLogger } from '../../src/core/logger.ts'
import type { Services } from '../../src/core/services.ts'
import type { Act } from '../../src/core/warehouse/api-requests.ts'
import type { Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { createAudit } from '../../src/producers/http/api/audit.ts'
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
