// Which token is used for which shop, and when it is read again.
import { describe, expect, it } from 'vitest'
import { UpstreamForbidden } from '../../src/core/errors.ts'
import { createTokenProvider, credentialOf } from '../../src/core/tekmetric/tokens.ts'

const jwt = (claims: object): string =>
  [{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.') +
  '.sig'

const clock = (start = Date.parse('2026-03-04T12:00:00Z')) => {
  let now = start
  return { now: () => now, advance: (ms: number) => (now += ms) }
}

const counting = (answer: (shop: number, n: number) => string | null, expiresAt: string | null = null) => {
  const asked: number[] = []
  return {
    asked,
    lookup: async (shop: number) => {
      asked.push(shop)
      const token = answer(shop, asked.length)
      return token === null ? null : { token, expiresAt }
    },
  }
}

describe('the shop', () => {
  it("has its own token, which wins over the environment's", async () => {
    const { lookup } = counting((shop) => (shop === 1 ? 'own' : null))
    const tokens = createTokenProvider({ environmentToken: 'all', lookup })
    expect((await tokens.get(1)).token).toBe('own')
    expect((await tokens.get(2)).token).toBe('all')
  })

  it('never gets the token of another shop', async () => {
    const { lookup } = counting((shop) => (shop === 3 ? null : `token-of-${shop}`))
    const tokens = createTokenProvider({ lookup })
    const got = await Promise.all([tokens.get(1), tokens.get(2), tokens.get(1), tokens.refresh(2)])
    expect(got.map(({ token }) => token)).toEqual(['token-of-1', 'token-of-2', 'token-of-1', 'token-of-2'])
    await expect(tokens.get(3)).rejects.toBeInstanceOf(UpstreamForbidden)
  })

  it.each([null, '', '  '])('without a token (%j) is refused with its number', async (token) => {
    await expect(createTokenProvider({ environmentToken: token }).get(7)).rejects.toMatchObject({
      failureClass: 'credential',
      details: { shop: 7, reason: 'there is no token for this shop' },
    })
  })

  it('without a token is asked for again at the next call, not remembered as hopeless', async () => {
    const { lookup } = counting((_, n) => (n === 1 ? null : 'late'))
    const tokens = createTokenProvider({ lookup })
    await expect(tokens.get(1)).rejects.toBeInstanceOf(UpstreamForbidden)
    expect((await tokens.get(1)).token).toBe('late')
  })
})

describe('a token', () => {
  it('is read once for many calls, and again after five minutes', async () => {
    const time = clock()
    const { asked, lookup } = counting(() => 'opaque')
    const tokens = createTokenProvider({ lookup, now: time.now })
    await Promise.all(Array.from({ length: 20 }, () => tokens.get(1)))
    expect(asked).toHaveLength(1)
    time.advance(5 * 60_000)
    await tokens.get(1)
    expect(asked).toHaveLength(2)
  })

  it('is read again before its `exp`, and when it is refused', async () => {
    const time = clock()
    const short = jwt({ exp: (time.now() + 180_000) / 1000 })
    const { asked, lookup } = counting((_, n) =>
      n === 1 ? short : jwt({ exp: time.now() / 1000 + 43_200, n }),
    )
    const tokens = createTokenProvider({ lookup, now: time.now })
    const first = await tokens.get(1)
    time.advance(61_000)
    const second = await tokens.get(1)
    expect(second.token).not.toBe(first.token)
    expect((await tokens.refresh(1)).token).not.toBe(second.token)
    expect(asked).toHaveLength(3)
  })

  it('is read again before the expiry of its row when it is no JWT', async () => {
    const time = clock()
    const { asked, lookup } = counting(() => 'opaque', new Date(time.now() + 150_000).toISOString())
    const tokens = createTokenProvider({ lookup, now: time.now })
    await tokens.get(1)
    time.advance(31_000)
    await tokens.get(1)
    expect(asked).toHaveLength(2)
  })

  it('that has expired is still used, but its source is not asked more than every 30 seconds', async () => {
    const time = clock()
    const expired = jwt({ exp: time.now() / 1000 - 600 })
    const { asked, lookup } = counting(() => expired)
    const tokens = createTokenProvider({ lookup, now: time.now })
    for (let i = 0; i < 60; i += 1) {
      expect((await tokens.get(1)).token).toBe(expired)
      time.advance(1_000)
    }
    expect(asked).toHaveLength(2)
  })

  it.each([
    ['a bare token', ' abc.def\n', 'abc.def'],
    ['a Bearer value', 'Bearer abc', 'abc'],
    ['what a browser stores', '{"token":"abc"}', 'abc'],
    ['what a browser stores elsewhere', '{"accessToken":" abc "}', 'abc'],
  ])('may be given as %s', async (_, given, token) => {
    expect((await createTokenProvider({ environmentToken: given }).get(1)).token).toBe(token)
  })

  it('that cannot be a header is refused without being shown', async () => {
    const failure = await createTokenProvider({ environmentToken: 'se\ncret' })
      .get(1)
      .then(String, (err: Error) => `${err.message} ${JSON.stringify(err)}`)
    expect(failure).toContain('not usable')
    expect(failure).not.toMatch(/se.?cret/s)
  })

  it('is known by a short hash that is stable and differs between tokens', async () => {
    const { credential } = await createTokenProvider({ environmentToken: 'abc' }).get(1)
    expect(credential).toMatch(/^[0-9a-f]{16}$/)
    expect([credential, credentialOf('abd')]).toEqual([
      credentialOf('abc'),
      expect.not.stringMatching(credential),
    ])
  })
})
