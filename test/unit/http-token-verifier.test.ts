// Which tokens are believed: every way in which one can be wrong has its own refusal.
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose'
import { expect, test } from 'vitest'
import { TokenRefused } from '../../src/core/auth/refusals.ts'
import { createTokenVerifier } from '../../src/core/auth/token-verifier.ts'
import { UpstreamDown } from '../../src/core/errors.ts'

const SECRET = 'a secret of at least thirty-two characters'
const key = (secret: string) => new TextEncoder().encode(secret)
const IN_AN_HOUR = Math.floor(Date.now() / 1_000) + 3_600
const CLAIMS: JWTPayload = { sub: 'u-1', aud: 'authenticated', role: 'authenticated', exp: IN_AN_HOUR }

const hs256 = (claims: JWTPayload, secret = SECRET) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(key(secret))
const verifier = createTokenVerifier({ jwtSecret: SECRET, jwksUrl: null })
const refusalOf = (token: string, by = verifier) =>
  by.verify(token).then(
    () => 'accepted',
    (err: unknown) => (err instanceof TokenRefused ? err.refusal : err),
  )

test('a token of the project names its user and the end of its life', async () => {
  const verified = await verifier.verify(await hs256(CLAIMS))
  expect(verified).toEqual({ userId: 'u-1', expiresAt: new Date(IN_AN_HOUR * 1_000) })
})

test.each<[string, string, JWTPayload]>([
  ['expired', 'expired', { ...CLAIMS, exp: IN_AN_HOUR - 7_200 }],
  ['for another audience', 'claims', { ...CLAIMS, aud: 'anon' }],
  ['without an end', 'claims', { sub: 'u-1', aud: 'authenticated', role: 'authenticated' }],
  ['without a user', 'claims', { aud: 'authenticated', role: 'authenticated', exp: IN_AN_HOUR }],
  ['of the service role', 'claims', { ...CLAIMS, role: 'service_role' }],
  ['an anon key', 'claims', { role: 'anon', iss: 'supabase', exp: IN_AN_HOUR }],
])('a token %s is refused as %s', async (_name, refusal, claims) => {
  expect(await refusalOf(await hs256(claims))).toBe(refusal)
})

test('a token of another secret, of no algorithm or of no form is refused', async () => {
  expect(await refusalOf(await hs256(CLAIMS, 'another secret of the same length, almost'))).toBe('signature')
  const [, body = ''] = (await hs256(CLAIMS)).split('.')
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  expect(await refusalOf(`${none}.${body}.`)).toBe('no-key')
  for (const rubbish of ['', 'x', 'a.b.c', '....', 'eyJhbGciOiJIUzI1NiJ9', 'sb_secret_123456789'])
    expect(await refusalOf(rubbish)).toBe('malformed')
})

test('asymmetric tokens are checked with the JWKS, and its public key is never taken as a shared secret', async () => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }
  const asked: string[] = []
  const fetchJwks: typeof fetch = async (input) => {
    asked.push(input instanceof Request ? input.url : new URL(input).href)
    return Response.json({ keys: [jwk] })
  }
  const jwksUrl = 'http://auth.test/auth/v1/.well-known/jwks.json'
  const both = createTokenVerifier({ jwtSecret: null, jwksUrl, fetch: fetchJwks })
  const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey)
  expect(await both.verify(token)).toMatchObject({ userId: 'u-1' })
  expect(await both.verify(token)).toMatchObject({ userId: 'u-1' })
  expect(asked).toEqual([jwksUrl])
  const confused = await new SignJWT(CLAIMS)
    .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
    .sign(key(JSON.stringify(jwk)))
  expect(await refusalOf(confused, both)).toBe('no-key')
})

test('keys that cannot be read are our trouble, not the caller’s', async () => {
  const { privateKey } = await generateKeyPair('ES256')
  const token = await new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(privateKey)
  const answers: (typeof fetch)[] = [
    async () => new Response('gateway', { status: 502 }),
    async () => new Response('<html>'),
    () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') })),
  ]
  for (const fetch of answers) {
    const away = createTokenVerifier({ jwtSecret: SECRET, jwksUrl: 'http://auth.test/jwks', fetch })
    await expect(away.verify(token)).rejects.toBeInstanceOf(UpstreamDown)
  }
})
