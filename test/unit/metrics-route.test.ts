// Who may read /metrics, and where it is.
import { afterEach, describe, expect, it, test } from 'vitest'
import { readConfig } from '../../src/core/config.ts'
import { silentLogger } from '../../src/core/logger.ts'
import { listen, type Listening } from '../../src/producers/http/listen.ts'
import { createWatchApp } from '../../src/producers/http/watch-app.ts'
import { metricsOnApiPort } from '../../src/watch.ts'

let server: Listening | undefined
afterEach(() => server?.close())

const serve = async (token: string | null): Promise<string> => {
  const log = silentLogger()
  const readiness = async () => ({ ready: true, checks: {} })
  const app = createWatchApp({ readiness, scrape: async () => 'up 1\n', token, log })
  server = await listen(app, { host: '127.0.0.1', port: 0, log })
  return server.url
}

describe('/metrics', () => {
  it('is open to whoever reaches the port when no token is set', async () => {
    const answer = await fetch(`${await serve(null)}/metrics`)
    expect([answer.status, await answer.text()]).toEqual([200, 'up 1\n'])
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  })

  it('with a token is for who presents exactly that', async () => {
    const url = await serve('a-token-of-a-test')
    const ask = async (authorization?: string) =>
      (await fetch(`${url}/metrics`, authorization === undefined ? {} : { headers: { authorization } }))
        .status
    expect(await ask('Bearer a-token-of-a-test')).toBe(200)
    for (const wrong of [
      undefined,
      'Bearer a-token-of-a-tes',
      'Bearer a-token-of-a-testt',
      'a-token-of-a-test',
      '',
    ])
      expect(await ask(wrong), String(wrong)).toBe(401)
  })

  it('leaves the probes open, and has nothing else', async () => {
    const url = await serve('a-token-of-a-test')
    const statuses = await Promise.all(
      ['/healthz', '/readyz', '/admin/queues', '/api/runs', '/'].map(
        async (path) => (await fetch(url + path)).status,
      ),
    )
    expect(statuses).toEqual([200, 200, 404, 404, 404])
  })
})

test.each([
  [{}, true],
  [{ METRICS_PORT: '9464' }, false],
  [{ HOST: '0.0.0.0' }, false],
  [{ HOST: '0.0.0.0', METRICS_TOKEN: 'a-token-of-a-test' }, true],
  [{ PUBLIC_URL: 'https://shop.example.com' }, false],
  [{ HOST: '0.0.0.0', METRICS_TOKEN: 'a-token-of-a-test', METRICS_PORT: '9464' }, false],
])("with the settings %j metrics on the API's port: %s", (env, expected) => {
  expect(metricsOnApiPort(readConfig(env))).toBe(expected)
})
