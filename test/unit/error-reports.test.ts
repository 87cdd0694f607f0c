// Errors to Sentry, tried with a sink on this machine: they arrive, and carry no secret and nobody's data.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { secretsOf, readConfig } from '../../src/core/config.ts'
import { openErrorReports, type ErrorReports } from '../../src/core/error-reports.ts'
import { createLogger, type Logger } from '../../src/core/logger.ts'

const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJjYW5hcnkiOiJwbGFudGVkIn0.c2lnbmF0dXJlLW9mLWEtdGVzdA'
const config = readConfig({
  TM_BASE_URL: 'https://tm.example.com',
  TM_AUTH_TOKEN: 'canary-tm-token',
  SUPABASE_URL: 'https://project.example.com',
  SUPABASE_SERVICE_KEY: 'canary-service',
  REDIS_URL: 'redis://:canary%20redis@127.0.0.1',
  METRICS_TOKEN: 'canary-metrics',
  WEBHOOK_TOKEN: 'canary-webhook-0123456789abcdef',
})

let sink: Server
let reports: ErrorReports
let log: Logger
let bodies: string[] = []
let now = 0

beforeAll(async () => {
  sink = createServer((request, answer) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      bodies.push(`${request.url} ${JSON.stringify(request.headers)} ${body}`)
      answer.end('{}')
    })
  })
  await new Promise<void>((resolve) => sink.listen(0, '127.0.0.1', resolve))
  const dsn = `http://public@127.0.0.1:${(sink.address() as AddressInfo).port}/7`
  const secrets = secretsOf(config)
  reports = await openErrorReports({ dsn, version: '1.2.3', commit: 'abcdef1', secrets, now: () => now })
  log = createLogger({ level: 'info', destination: { write: () => undefined }, onError: reports.report })
})
beforeEach(() => {
  bodies = []
  now += 120_000
})
afterAll(() => sink.close())

const arrived = async (): Promise<string> => {
  await reports.flush(5_000)
  return bodies.join('\n')
}

test('an error that is logged arrives with its class, its place and the ids of the line', async () => {
  const child = log.child({ job: 'rebuild-day', shop: 4321, queueJobId: 'q-1' })
  child.error({ event: 'job.failed', err: new TypeError('days is not iterable') }, 'failed for good')
  const text = await arrived()
  expect(text).toContain('/api/7/envelope/')
  for (const part of ['TypeError', 'days is not iterable', '1.2.3+abcdef1', 'error-reports.test.ts'])
    expect(text).toContain(part)
  expect(text).toMatch(/"tags":\{"event":"job.failed","job":"rebuild-day","queueJobId":"q-1","shop":"4321"\}/)
})

test('neither a secret of the settings nor what a server quoted leaves, in the error, its cause or the line', async () => {
  const quoted = new Error('invalid input syntax for type integer: "Ann Person" near ann.person@example.com')
  const err = new Error(
    `canary-tm-token canary-service ${JWT} redis://:canary%20redis@h "canary redis" canary-metrics /canary-webhook-0123456789abcdef +1 (555) 000-9137`,
    { cause: quoted },
  )
  log.error(
    { err, token: 'canary-field', payload: { customer: 'canary-customer' }, ro: 318_204_417 },
    'canary-line',
  )
  const text = await arrived()
  expect(text).toContain('"type":"Error"')
  expect(text).toContain('invalid input syntax')
  // Nor anything of the error before it.
  expect(text).not.toContain('rebuild-day')
  for (const secret of [/canary/, /Ann Person/, /ann\.person/, /9137/, /eyJhbGci/, /318204417/])
    expect(text).not.toMatch(secret)
})

test('the machine, its environment and the source code stay here', async () => {
  log.fatal({ event: 'process.uncaught', err: new Error('the end') }, 'uncaught')
  const text = await arrived()
  expect(text).toContain('process.uncaught')
  expect(text).not.toMatch(/server_name|"modules"|"contexts":\{"(?!trace)|context_line|"user"|"request":\{/)
})

test('the same error is sent once a minute, however often it happens', async () => {
  const fail = (i: number) => log.error({ event: 'job.failed', err: new RangeError(`no ${i}`) }, 'failed')
  for (let i = 0; i < 50; i += 1) fail(i)
  expect((await arrived()).match(/RangeError/g)).toHaveLength(1)
  bodies = []
  now += 61_000
  fail(51)
  expect(await arrived()).toContain('no 51')
})

test('warnings, and errors without a cause, are none of its business', async () => {
  log.warn({ err: new Error('passes by itself') }, 'retry')
  log.error({ event: 'shop.paused' }, 'paused')
  expect(await arrived()).toBe('')
})
