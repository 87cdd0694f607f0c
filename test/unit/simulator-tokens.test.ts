// The simulator's tokens over restarts: what a person stored yesterday works today, as with TM.
import { expect, test } from 'vitest'
import { Tokens } from '../../src/embedded/simulator/tokens.ts'

const SEED = 7
const restarted = (seed = SEED) => new Tokens(seed, [4321, 4322])

test('a token that was issued before a restart opens what it opened', () => {
  const before = restarted()
  expect(restarted().scopeOf(before.issue(4321))).toMatchObject({ shop: 4321 })
  expect(restarted().scopeOf(before.issueForAllShops())).toMatchObject({ shop: null })
})

test('it ends with the others of its shop, and at its own time', () => {
  const before = restarted()
  const [mine, other] = [before.issue(4321), before.issue(4322)]
  const now = restarted()
  now.expire(4321)
  expect([now.scopeOf(mine), now.scopeOf(other)]).toMatchObject([undefined, { shop: 4322 }])
  expect(now.scopeOf(before.issue(4322, { expiresAt: '2020-01-01T00:00:00Z' }))).toBeUndefined()
})

test('one of another seed, a changed one and what is no token stay strangers', () => {
  const [header, , signature] = restarted().for(4321).split('.')
  const forged = Buffer.from(JSON.stringify({ sub: 'sim-9', shop: null })).toString('base64url')
  const strangers = [restarted(8).issue(4321), `${header}.${forged}.${signature}`, 'token', '..', '']
  expect(strangers.map((token) => restarted().scopeOf(token))).toEqual(strangers.map(() => undefined))
})
