// The small parts of the HTTP server: where a redirect may lead, what leaves the board, how guessing is bounded.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { censor, censorText, presentable } from '../../src/producers/http/censor.ts'
import { createLoginAttempts } from '../../src/producers/http/login-attempts.ts'
import { localPath } from '../../src/producers/http/navigation.ts'
import { HttpProblem } from '../../src/producers/http/problem.ts'

describe('localPath', () => {
  test.each([
    ['/admin/queues/queue/x?status=failed', '/admin/queues/queue/x?status=failed'],
    ['//evil.example/x', '/home'],
    ['/\\evil.example', '/home'],
    ['/\t/evil.example', '/home'],
    ['/.//evil.example', '/home'],
    ['/x/..//evil.example', '/home'],
    ['https://evil.example', '/home'],
    ['javascript:alert(1)', '/home'],
    ['', '/home'],
    [undefined, '/home'],
    [['/a', '/b'], '/home'],
  ])('%j leads to %s', (wanted, target) => {
    expect(localPath(wanted, '/home')).toBe(target)
  })

  test('no text whatever leads a browser to another host', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '.',
      '..',
      '/.//',
      '/..//',
      '@',
      ':',
      'evil.example',
      '\t',
      '\n',
      ' ',
      '%2f',
      '?',
      '#',
    )
    const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 8 }).map((parts) => parts.join(''))
    const host = (wanted: string) => new URL(localPath(wanted, '/home'), 'http://here.test').host
    const failure = fc.check(
      fc.property(text, (wanted) => host(wanted) === 'here.test'),
      { numRuns: 500 },
    )
    expect(failure.counterexample).toBeNull()
  })
})

describe('what leaves the board', () => {
  test.each([
    ['401 with Bearer abcdefgh12345678', '401 with Bearer [secret]'],
    ['redis://:pass@host:6379 refused', 'redis://[secret]@host:6379 refused'],
    ['postgres://owner:pa:ss@db:5432/x', 'postgres://[secret]@db:5432/x'],
    ['header x-auth-token: abc.def', 'header x-auth-token: [secret]'],
    ['{"access_token":"abc","ro":1}', '{"access_token":"[secret]","ro":1}'],
    ['GET /api?token=abc&shop=1', 'GET /api?token=[secret]&shop=1'],
    ['key sb_secret_a1b2c3', 'key [secret]'],
  ])('%s', (text, censored) => {
    expect(censorText(text)).toBe(censored)
  })

  test.each([
    'estimate of RO 4711: HTTP 500 from https://shop.tekmetric.com/api/repair-orders/4711',
    'field jobs.3.parts.0.cost: expected number, got NaN',
    'the token has expired; sign in again',
  ])('a plain reason stays as it is: %s', (text) => {
    expect(censorText(text)).toBe(text)
  })

  test('values under secret names are replaced at any depth, ids and the names of BullMQ stay', () => {
    const given = {
      data: { ro: 1, shopTmId: 2, auth: { jwtToken: 'x', password: null }, list: [{ api_key: 'k' }] },
      repeatJobKey: 'discover.101',
      tokens: 3,
      error: { key: 'ERRORS.X' },
    }
    expect(censor(given)).toEqual({
      data: {
        ro: 1,
        shopTmId: 2,
        auth: { jwtToken: '[secret]', password: null },
        list: [{ api_key: '[secret]' }],
      },
      repeatJobKey: 'discover.101',
      tokens: 3,
      error: { key: 'ERRORS.X' },
    })
  })

  test('a stack keeps its reason and our own lines', () => {
    const ours = '    at run (/app/src/workers/jobs/sync-repair-order.ts:40:11)'
    const theirs = '    at Worker.processFn (/app/node_modules/bullmq/dist/cjs/classes/worker.js:1:2)'
    const node = '    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)'
    const shown = presentable({
      job: { stacktrace: [['Error: why', ours, theirs, node].join('\n'), theirs] },
    })
    expect(shown).toEqual({ job: { stacktrace: [`Error: why\n${ours}`, theirs] } })
  })
})

describe('login attempts', () => {
  const statusOf = (attempt: Promise<void>) =>
    attempt.then(
      () => 200,
      (err: unknown) => (err instanceof HttpProblem ? err.answer.status : err),
    )

  test('guesses at one account end, also when they come all at once; another account of the same address goes on', async () => {
    const attempts = createLoginAttempts({ perAccountAndAddress: 3 })
    const guess = (email: string) => statusOf(attempts.take({ address: '10.0.0.1', email }))
    const results = await Promise.all(['a@x', ' A@X ', 'a@x', 'a@x', 'a@x'].map(guess))
    expect(results).toEqual([200, 200, 200, 429, 429])
    expect(await guess('b@x')).toBe(200)
  })

  test('one address cannot try account after account, nor move about within its IPv6 network', async () => {
    const attempts = createLoginAttempts({ perAddress: 2 })
    const guess = (address: string, email: string) => statusOf(attempts.take({ address, email }))
    expect(await guess('2001:db8::1', 'a@x')).toBe(200)
    expect(await guess('2001:db8:0:0:ffff::2', 'b@x')).toBe(200)
    expect(await guess('2001:db8:0:0:1:2:3:4', 'c@x')).toBe(429)
    expect(await guess('2001:db8:0:1::1', 'c@x')).toBe(200)
  })

  test('a right password gives its attempt back', async () => {
    const attempts = createLoginAttempts({ perAccountAndAddress: 2 })
    const attempt = { address: '10.0.0.1', email: 'a@x' }
    for (let i = 0; i < 10; i += 1) {
      await attempts.take(attempt)
      await attempts.giveBack(attempt)
    }
    expect(await statusOf(attempts.take(attempt))).toBe(200)
  })
})
