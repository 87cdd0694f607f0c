// One running server for the HTTP tests: the embedded Supabase API with a user per role, real queues, the app on a free port.
import { randomBytes } from 'node:crypto'
import type { Queue } from 'bullmq'
import { request } from 'undici'
import { createAuth } from '../../src/core/auth/auth.ts'
import type { QueueJobs } from '../../src/core/enqueue.ts'
import { createLogger } from '../../src/core/logger.ts'
import { createQueueStore } from '../../src/core/queue-store.ts'
import type { Services } from '../../src/core/services.ts'
import { createWarehouse } from '../../src/core/warehouse/warehouse.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { startSupabaseApi } from '../../src/embedded/supabase-api/server.ts'
import { ensureUser } from '../../src/embedded/supabase-api/users.ts'
import { createHttpApp, type HttpAppOptions } from '../../src/producers/http/app.ts'
import { listen } from '../../src/producers/http/listen.ts'
import { INSTALLATION } from '../support/installation.ts'
import { noSchedules } from '../support/schedule-desk.ts'
import { createTestDatabase } from '../support/database.ts'
import type { TestQueueStore } from '../support/queue-store.ts'

export const PASSWORD = 'correct horse battery'
export const PEOPLE = ['employee', 'manager', 'admin', 'nobody', 'pretender'] as const
export type Person = (typeof PEOPLE)[number]
export const emailOf = (person: Person): string => `${person}@shop.test`

export interface HttpWorldOptions {
  readonly store: TestQueueStore
  /** Differences from the app that most tests want. */
  readonly app?: Partial<HttpAppOptions>
  /** How long a user record is believed; default 0, so that changes are seen at once. */
  readonly recordTtlMs?: number
}

export type HttpWorld = Awaited<ReturnType<typeof startHttpWorld>>

const createPeople = async (databaseUrl: string): Promise<void> => {
  for (const person of PEOPLE) {
    const hasRole = person !== 'nobody' && person !== 'pretender'
    const appMetadata = hasRole ? { role: person } : {}
    await ensureUser({ databaseUrl, email: emailOf(person), password: PASSWORD, appMetadata })
  }
}

/** Starts everything; `close` ends it in order. */
export const startHttpWorld = async ({ store, app: overrides, recordTtlMs = 0 }: HttpWorldOptions) => {
  const database = await createTestDatabase()
  const jwtSecret = randomBytes(32).toString('hex')
  const api = await startSupabaseApi({ databaseUrl: database.apiUrl, jwtSecret, log: silentLog })
  await createPeople(database.adminUrl)
  const lines: string[] = []
  const log = createLogger({
    level: 'debug',
    destination: { write: (line: string) => void lines.push(line) },
  })
  const queueStore = createQueueStore({ ...store, log })
  const suffix = randomBytes(4).toString('hex')
  const queues = ['repair-orders', 'metrics'].map((name) => queueStore.queue(`${name}-${suffix}`))
  const [first] = queues as [Queue, Queue]
  const warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
  const auth = createAuth({
    supabaseUrl: api.url,
    anonKey: api.anonKey,
    jwtSecret,
    grants: warehouse.access,
    recordTtlMs,
  })
  const readiness = async () => ({ ready: true, checks: { queues: true } })
  // Login and the board ask the warehouse for roles and the audit log, and for nothing else.
  const producer = { services: { warehouse } as Services, queueJobs: {} as QueueJobs }
  const made = { queues, readiness, auth, log, producer, installation: INSTALLATION, schedules: noSchedules }
  const app = createHttpApp({ ...made, ...overrides })
  const server = await listen(app, { host: '127.0.0.1', port: 0, log })
  return {
    url: server.url,
    api,
    auth,
    jwtSecret,
    queueStore,
    queues,
    queue: first,
    lines,
    close: async () => {
      await server.close()
      for (const queue of queues) {
        await queue.obliterate({ force: true })
        await queue.close()
      }
      await queueStore.close()
      await api.close()
      await database.drop()
    },
  }
}

/** A page load as a browser does it; `fetch` insists on `Sec-Fetch-Mode: cors`. */
export const navigate = async (url: string, headers: Readonly<Record<string, string>> = {}) => {
  const response = await request(url, {
    headers: { 'sec-fetch-mode': 'navigate', accept: 'text/html', ...headers },
  })
  const header = (name: string) => [response.headers[name] ?? ''].flat().join('; ')
  return { status: response.statusCode, header, text: await response.body.text() }
}

/** A browser's cookies. */
export const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')

export interface Login {
  readonly access_token: string
  readonly refresh_token: string
  readonly expires_in: number
  readonly user: { readonly id: string; readonly email: string; readonly role: string | null }
}

/** Signs in over the API. */
export const login = async (
  world: HttpWorld,
  person: Person,
): Promise<{ tokens: Login; cookies: string }> => {
  const response = await fetch(`${world.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: emailOf(person), password: PASSWORD }),
  })
  if (response.status !== 200)
    throw new Error(`login of ${person}: ${response.status} ${await response.text()}`)
  return { tokens: (await response.json()) as Login, cookies: cookiesOf(response) }
}

/** Puts one queue job into the failed set, as a worker would leave it. */
export const failOne = async (world: HttpWorld, reason = 'the estimate answered 500'): Promise<string> => {
  const queueJob = await world.queue.add('sync-repair-order', { shopTmId: 101, ro: 4711 }, { attempts: 1 })
  const worker = world.queueStore.worker(world.queue.name, async () => {
    throw new Error(reason)
  })
  await new Promise<void>((resolve) => worker.once('failed', () => resolve()))
  await worker.close()
  return queueJob.id as string
}

/** Runs what is waiting until one queue job completes. */
export const completeOne = async (world: HttpWorld): Promise<string> => {
  const worker = world.queueStore.worker(world.queue.name, async () => ({ synced: 1 }))
  const id = await new Promise<string>((resolve) =>
    worker.once('completed', (job) => resolve(job.id as string)),
  )
  await worker.close()
  return id
}
