// What each fault of TM or of the network becomes, over a real socket.
import { describe, expect, it } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import { backoffMs, retryAfterMs } from '../../src/core/tekmetric/http-outcome.ts'
import { createTokenProvider, credentialOf } from '../../src/core/tekmetric/tokens.ts'
import { json, startWorld, type Reply, type World } from './tekmetric-server.ts'

const shop = { shopTmId: 4321 }
const board = (world: World, signal?: AbortSignal) =>
  world.client.boardPages({ ...shop, board: 'ACTIVE', signal }).next()

const failureOf = async (asked: Promise<unknown>): Promise<AppError> => {
  try {
    await asked
  } catch (err) {
    if (err instanceof AppError) return err
    throw err
  }
  throw new Error('nothing failed')
}

const raw =
  (text: string): Reply =>
  ({ res }) => {
    res.socket?.end(text)
  }
const HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'

describe('a fault of the moment is UpstreamDown', () => {
  it.each<[string, Reply]>([
    ['500', json({ message: 'boom' }, 500)],
    ['502 with HTML', json('<html>bad gateway</html>', 502)],
    ['503 without a body', json('', 503)],
    ['408', json('', 408)],
    ['a redirect to a login page', json('', 302, { location: '/login' })],
    ['204', json('', 204)],
    ['HTML with status 200', json('<!doctype html><p>login</p>')],
    ['an empty body with status 200', json('')],
    ['JSON that ends too early', json('[{"id":1,')],
    ['an error envelope with status 200', json({ type: 'ERROR', message: 'no', data: null })],
    ['a body cut short of its length', raw(`${HEAD}content-length: 500\r\n\r\n[{"id":1}`)],
    ['a chunked body without its end', raw(`${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n[{"id\r\n`)],
    ['a connection closed without an answer', ({ res }) => res.socket?.destroy()],
    ['a connection reset', ({ res }) => res.socket?.resetAndDestroy()],
    ['something that is not HTTP', raw('SSH-2.0-OpenSSH\r\n')],
  ])('%s', async (_, reply) => {
    const world = await startWorld(reply)
    const failure = await failureOf(board(world))
    expect([failure.code, failure.failureClass]).toEqual(['UPSTREAM_DOWN', 'transient'])
    expect(world.requests).toHaveLength(1)
  })

  it('a server that is not there', async () => {
    const world = await startWorld(json([]))
    await world.client.close()
    expect((await failureOf(board(world))).code).toBe('UPSTREAM_DOWN')
  })

  it.each<[string, Reply, object]>([
    ['no headers in time', () => undefined, { headersMs: 100 }],
    ['a body that stops', ({ res }) => void res.writeHead(200).write('[{'), { bodyMs: 100 }],
    [
      'a body that trickles for ever',
      ({ res }) => {
        res.writeHead(200)
        const drip = setInterval(() => res.write(' '), 20)
        res.on('close', () => clearInterval(drip))
      },
      { totalMs: 300 },
    ],
  ])('%s', async (_, reply, timeouts) => {
    const world = await startWorld(reply, { timeouts })
    expect((await failureOf(board(world))).code).toBe('UPSTREAM_DOWN')
  })
})

describe('429', () => {
  it.each([
    ['seconds', { 'retry-after': '7' }, 7_000, 7_000],
    ['a date', { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }, 10_000, 30_000],
    ['nothing', {}, 2_000, 3_000],
    ['nonsense', { 'retry-after': 'soon' }, 2_000, 3_000],
  ] as const)('with %s makes the credential rest and hands the wait on', async (_, headers, least, most) => {
    const world = await startWorld(json('', 429, headers))
    const failure = await failureOf(board(world))
    expect(failure.failureClass).toBe('throttled')
    const { waitMs } = failure as AppError & { waitMs: number }
    expect(waitMs).toBeGreaterThanOrEqual(least)
    expect(waitMs).toBeLessThanOrEqual(most)
    expect(world.throttled).toEqual([{ credential: credentialOf('test-token'), waitMs }])
  })

  it('again and again waits longer, until an answer comes', async () => {
    const world = await startWorld(({ n, ...rest }) => json([], n === 4 ? 200 : 429)({ n, ...rest }))
    const waits: number[] = []
    for (let i = 0; i < 3; i += 1)
      waits.push(((await failureOf(board(world))) as AppError & { waitMs: number }).waitMs)
    await board(world)
    waits.push(((await failureOf(board(world))) as AppError & { waitMs: number }).waitMs)
    expect(waits.map((ms) => Math.floor(ms / 1000) & ~1)).toEqual([2, 4, 8, 2])
  })

  it('waits are bounded: from a second to an hour when TM names them, to a minute and jitter when not', () => {
    expect(retryAfterMs('999999', 0)).toBe(3_600_000)
    expect(retryAfterMs('0', 0)).toBe(1_000)
    expect(retryAfterMs('Thu, 01 Jan 1970 00:00:00 GMT', Date.now())).toBe(1_000)
    expect(retryAfterMs(' ', 0)).toBeNull()
    expect([1, 5, 50].map((strikes) => backoffMs(strikes, () => 0.999))).toEqual([2_999, 32_999, 60_999])
  })
})

describe('401 and 403', () => {
  const tokensFrom = (tokens: string[]) => {
    let reads = 0
    const lookup = async () => ({
      token: tokens[Math.min(reads++, tokens.length - 1)] ?? '',
      expiresAt: null,
    })
    return { provider: createTokenProvider({ lookup }), reads: () => reads }
  }
  const opensFor =
    (valid: string, status = 401): Reply =>
    (input) =>
      (input.seen.token === valid ? json([]) : json('', status))(input)

  it.each([401, 403])('%i reads the token again and asks once more', async (status) => {
    const { provider, reads } = tokensFrom(['old', 'new'])
    const world = await startWorld(opensFor('new', status), { tokens: provider })
    await board(world)
    expect(world.requests.map(({ token }) => token)).toEqual(['old', 'new'])
    expect(reads()).toBe(2)
    expect(world.acquired.map(({ credential, continues }) => [credential, continues])).toEqual([
      [credentialOf('old'), false],
      [credentialOf('new'), true],
    ])
  })

  it('with a new token that is refused as well is UpstreamForbidden after two requests', async () => {
    const world = await startWorld(json('', 403), { tokens: tokensFrom(['old', 'new']).provider })
    const failure = await failureOf(board(world))
    expect([failure.code, failure.failureClass]).toEqual(['UPSTREAM_FORBIDDEN', 'credential'])
    expect(failure.details).toEqual({ shop: 4321, route: '/api/shop/{shop}/job-board-group-by', status: 403 })
    expect(world.requests).toHaveLength(2)
  })

  it('with no other token is not asked again: the answer would be the same', async () => {
    const world = await startWorld(json('', 401))
    expect((await failureOf(board(world))).code).toBe('UPSTREAM_FORBIDDEN')
    expect(world.requests).toHaveLength(1)
  })

  it('met by many calls at once lead to one reading of the token', async () => {
    const { provider, reads } = tokensFrom(['old', 'new'])
    const world = await startWorld(opensFor('new'), { tokens: provider })
    await Promise.all(Array.from({ length: 12 }, () => board(world)))
    expect(reads()).toBe(2)
  })
})

describe('404, 400 and the rest', () => {
  it('404 is UpstreamGone', async () => {
    const world = await startWorld(json({ message: 'none' }, 404))
    expect((await failureOf(board(world))).failureClass).toBe('gone')
  })

  it('400 is UpstreamChanged and carries the message of TM, trimmed and scrubbed', async () => {
    const world = await startWorld(
      json({ type: 'ERROR', message: ` bad window\n for a@b.example ${'x'.repeat(400)}` }, 400),
    )
    const failure = await failureOf(board(world))
    expect(failure.failureClass).toBe('data')
    expect(failure.details['message']).toBe('bad window for [e-mail] [long text]')
  })

  it.each([[{ message: { nested: true } }], ['<html>'], ['']])(
    'a 400 with %j has no message to show',
    async (body) => {
      const failure = await failureOf(board(await startWorld(json(body, 400))))
      expect(failure.details).toEqual({
        shop: 4321,
        route: '/api/shop/{shop}/job-board-group-by',
        status: 400,
      })
    },
  )

  it('JSON of another shape is UpstreamChanged, not an empty list', async () => {
    for (const body of [{ rows: [] }, 'null', '"ok"', { content: null }, [[]], [null], [{ name: 'no id' }]]) {
      const failure = await failureOf(board(await startWorld(json(body))))
      expect(failure.code).toBe('UPSTREAM_CHANGED')
    }
  })
})

describe('an aborted call', () => {
  it('ends at once with the reason given', async () => {
    const stop = new AbortController()
    const reason = new Error('shutting down')
    const world = await startWorld(() => stop.abort(reason))
    await expect(board(world, stop.signal)).rejects.toBe(reason)
  })

  it('is never sent when the signal has fired before', async () => {
    const world = await startWorld(json([]))
    await expect(board(world, AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late')
    expect(world.requests).toHaveLength(0)
  })
})

describe('every request', () => {
  it('is a GET with the token of the shop, over few kept connections', async () => {
    const world = await startWorld(json([]), { connections: 3 })
    for (let i = 0; i < 5; i += 1) await Promise.all(Array.from({ length: 6 }, () => board(world)))
    expect(new Set(world.requests.map(({ method, token }) => `${method} ${token}`))).toEqual(
      new Set(['GET test-token']),
    )
    expect(world.requests).toHaveLength(30)
    expect(world.sockets()).toBeLessThanOrEqual(3)
  })

  it('is reported with its route template, also when it failed', async () => {
    const world = await startWorld(({ n, res, ...rest }) =>
      n === 1 ? json([])({ n, res, ...rest }) : res.socket?.destroy(),
    )
    await board(world)
    await failureOf(board(world))
    expect(world.records).toMatchObject([
      { route: '/api/shop/{shop}/job-board-group-by', status: 200, shopTmId: 4321 },
      { route: '/api/shop/{shop}/job-board-group-by', status: 0, shopTmId: 4321 },
    ])
    expect(world.records.every(({ ms }) => ms >= 0 && ms < 5_000)).toBe(true)
  })

  it('that fails names no token, no query and no host', async () => {
    for (const reply of [
      json('', 500),
      json('', 401),
      json({ message: 'x' }, 400),
      json('', 404),
      json('', 429),
    ]) {
      const failure = await failureOf(board(await startWorld(reply)))
      const said = JSON.stringify([failure.message, failure.details])
      expect(said).not.toMatch(/test-token|groupBy|127\.0\.0\.1/)
    }
  })

  it('goes to the path under the base URL, whose own path is kept', async () => {
    const world = await startWorld(json({ name: 'Example Garage' }), { basePath: '/mirror/' })
    expect(await world.client.shopInfo(shop)).toEqual({ name: 'Example Garage' })
    expect(world.requests[0]?.path).toBe('/mirror/api/shop/4321')
  })
})
