// An app with a made-up door for the unit tests, and a client that sends exactly the headers it is given.
import { request } from 'undici'
import { afterEach } from 'vitest'
import type { Auth, Identity } from '../../src/core/auth/auth.ts'
import { personIdentity } from '../../src/core/auth/identity.ts'
import { SignInRefused, TokenRefused } from '../../src/core/auth/refusals.ts'
import type { AuthSession } from '../../src/core/auth/supabase-auth.ts'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import { createLogger } from '../../src/core/logger.ts'
import type { Services } from '../../src/core/services.ts'
import { createHttpApp, type HttpAppOptions } from '../../src/producers/http/app.ts'
import { listen, type Listening } from '../../src/producers/http/listen.ts'
import { INSTALLATION } from '../support/installation.ts'
import { noSchedules } from '../support/schedule-desk.ts'

export const PASSWORD = 'canary-password'
const identity: Identity = personIdentity({
  userId: 'u-1',
  email: 'm@shop.test',
  role: 'manager',
  shops: new Map(),
  expiresAt: new Date(Date.now() + 3_600_000),
})
export const session: AuthSession = {
  accessToken: 'canary-access-token',
  refreshToken: 'canary-refresh-token',
  expiresIn: 3600,
  user: { id: 'u-1', email: 'm@shop.test', role: 'manager' },
}
export const door: Auth = {
  signIn: async ({ password }) => {
    if (password !== PASSWORD) throw new SignInRefused()
    return session
  },
  refresh: async (token) => {
    if (token !== session.refreshToken) throw new TokenRefused('signed-out')
    return session
  },
  identify: async (token) => {
    if (token !== session.accessToken) throw new TokenRefused('signature')
    return identity
  },
  knows: (token) => token === session.accessToken,
  signOut: async () => undefined,
}

let open: Listening[] = []
afterEach(async () => {
  await Promise.all(open.map((server) => server.close()))
  open = []
})

interface Sent {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly headers?: Record<string, string>
  readonly body?: string
}

/** A running app; `ask` sends exactly the headers given. */
export const start = async (options: Partial<HttpAppOptions> = {}) => {
  const lines: string[] = []
  const log = createLogger({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  })
  const readiness = async () => ({ ready: true, checks: { warehouse: true } })
  // The routes tested here need neither warehouse nor queues.
  const producer = { services: {} as Services, queueJobs: {} as QueueJobs }
  const own = { producer, installation: INSTALLATION, schedules: noSchedules }
  const made = { queues: [], readiness, auth: door, log, ...own }
  const app = createHttpApp({ ...made, ...options })
  const server = await listen(app, { host: '127.0.0.1', port: 0, log })
  open.push(server)
  const ask = async (path: string, { method = 'GET', headers = {}, body }: Sent = {}) => {
    const response = await request(`${server.url}${path}`, { method, headers, body: body ?? null })
    const text = await response.body.text()
    const header = (name: string) => [response.headers[name] ?? ''].flat().join('\n')
    const json = (): unknown => JSON.parse(text)
    return { status: response.statusCode, header, text, json }
  }
  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
  const submit = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(path, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'text/html',
        origin: server.url,
        ...headers,
      },
      body: new URLSearchParams(fields).toString(),
    })
  return { ask, post, submit, lines, url: server.url }
}
