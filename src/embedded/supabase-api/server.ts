// A Supabase-compatible API (PostgREST and GoTrue as supabase-js speaks to them) on 127.0.0.1, over @supabase/lite.
// Promises: every request runs as its caller's role; only /rest/v1, /auth/v1 and /health answer; the schema cache
// follows `notify pgrst, 'reload schema'`; when it has started, the first parallel requests work.
import { createHmac } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { App } from '@supabase/lite'
import type { PostgresConnection } from '@supabase/lite/postgres'
import { AppError } from '../../core/errors.ts'
import type { EmbeddedLog } from '../log.ts'
import { openApiConnection } from './connection.ts'
import { withQuietConsole } from './quiet-console.ts'
import { completeTokens } from './tokens.ts'

export interface SupabaseApiOptions {
  /** Role embedded_api of a prepared and migrated database. */
  readonly databaseUrl: string
  /** Wanted port; another free one is taken when it is in use. */
  readonly port?: number
  /** At least 32 characters. The API keys are derived from it, so they stay the same between starts. */
  readonly jwtSecret: string
  readonly log: EmbeddedLog
}

export interface SupabaseApi {
  readonly url: string
  readonly anonKey: string
  readonly serviceKey: string
  readonly jwtSecret: string
  readonly close: () => Promise<void>
}

type Server = ReturnType<typeof createAdaptorServer>

/** As Supabase: a select or a set-returning function gives at most this many rows. */
const MAX_ROWS = 1000

const derivedKey = (prefix: string, jwtSecret: string): string =>
  prefix + createHmac('sha256', jwtSecret).update(prefix).digest('base64url').slice(0, 32)

/** The keys an API with this secret accepts. */
export const apiKeys = (jwtSecret: string) => ({
  anonKey: derivedKey('sb_publishable_', jwtSecret),
  serviceKey: derivedKey('sb_secret_', jwtSecret),
})

const createApp = (connection: PostgresConnection, jwtSecret: string) => {
  const { anonKey, serviceKey } = apiKeys(jwtSecret)
  return new App({
    connection,
    api: { max_rows: MAX_ROWS },
    auth: {
      enabled: true,
      jwt_secret: jwtSecret,
      publishable_key: anonKey,
      secret_key: serviceKey,
      enable_signup: false,
      email: { enable_confirmations: false },
    },
    db: { migrations: { enabled: false } },
    options: { server: { disableStudio: true, disableFallback: true, admin: false } },
  })
}

const listenOn = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

const listen = async (server: Server, wanted: number, log: EmbeddedLog): Promise<number> => {
  try {
    return await listenOn(server, wanted)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    const port = await listenOn(server, 0)
    log.warn({ wanted, port }, 'the port is in use; the Supabase API takes another')
    return port
  }
}

/** The server also offers its configuration and schema to anybody under /_system; that is not passed on. */
const isPublic = (path: string): boolean => path.startsWith('/rest/v1/') || path.startsWith('/auth/v1/')

const notFound = (): Response =>
  Response.json({ message: 'no Route matched with those values' }, { status: 404 })

const health = async (connection: PostgresConnection): Promise<Response> => {
  try {
    await connection.driver`select 1`
    return Response.json({ status: 'ok' })
  } catch {
    return Response.json({ status: 'database unreachable' }, { status: 503 })
  }
}

/** Fills the schema cache and sees a real answer, so that callers need not be the first. */
const warmUp = async (connection: PostgresConnection, url: string, serviceKey: string): Promise<void> => {
  await connection.introspect({ useCache: true })
  const response = await fetch(`${url}/rest/v1/`, { headers: { apikey: serviceKey } })
  await response.arrayBuffer()
  if (!response.ok) {
    throw new AppError(
      'bug',
      'EMBEDDED_API',
      `the embedded Supabase API does not work: status ${response.status}`,
    )
  }
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    if ('closeIdleConnections' in server) server.closeIdleConnections()
    // Requests under way get a moment; then their sockets are closed, because supabase-js keeps them alive for long.
    setTimeout(() => 'closeAllConnections' in server && server.closeAllConnections(), 1_000).unref()
  })

/** Starts the server; resolves when it has answered its first request. */
export const startSupabaseApi = async (options: SupabaseApiOptions): Promise<SupabaseApi> => {
  const { jwtSecret, log } = options
  const connection = openApiConnection(options.databaseUrl)
  const app = createApp(connection, jwtSecret)
  let issuer = ''
  const handle = async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url)
    if (pathname === '/health') return health(connection)
    if (!isPublic(pathname)) return notFound()
    const response = await withQuietConsole(log, async () => app.fetch(request))
    return pathname.startsWith('/auth/v1/') ? completeTokens(response, { jwtSecret, issuer }) : response
  }
  const server = createAdaptorServer({ fetch: handle, hostname: '127.0.0.1' })
  const close = async (): Promise<void> => {
    await closeServer(server)
    await connection.driver.end({ timeout: 2 })
  }
  try {
    await app.init()
    await connection.driver.listen('pgrst', () => void connection.clearSchemaCache())
    const url = `http://127.0.0.1:${await listen(server, options.port ?? 0, log)}`
    issuer = `${url}/auth/v1`
    const keys = apiKeys(jwtSecret)
    await warmUp(connection, url, keys.serviceKey)
    return { url, ...keys, jwtSecret, close }
  } catch (error) {
    await close()
    throw error
  }
}
