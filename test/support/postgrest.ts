// A real PostgREST in front of a test database, behind a tiny proxy that maps /rest/v1 as Supabase's gateway does.
import { spawn } from 'node:child_process'
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { waitUntil } from '../../src/embedded/postgres/processes.ts'
import { freePort } from './free-port.ts'
import { endWithUs, noteProcess } from './run-folder.ts'

export interface RunningPostgrest {
  /** Base address for supabase-js. */
  readonly url: string
  readonly close: () => Promise<void>
}

const environment = (options: {
  databaseUrl: string
  jwtSecret: string
  port: number
  adminPort: number
}) => ({
  PATH: '/usr/bin:/bin',
  PGRST_DB_URI: options.databaseUrl,
  PGRST_DB_SCHEMAS: 'public',
  PGRST_DB_EXTRA_SEARCH_PATH: 'public, extensions',
  PGRST_DB_ANON_ROLE: 'anon',
  PGRST_DB_MAX_ROWS: '1000',
  PGRST_DB_POOL: '10',
  PGRST_JWT_SECRET: options.jwtSecret,
  PGRST_SERVER_HOST: '127.0.0.1',
  PGRST_SERVER_PORT: String(options.port),
  PGRST_ADMIN_SERVER_PORT: String(options.adminPort),
  PGRST_LOG_LEVEL: 'crit',
})

const isReady = async (adminPort: number): Promise<boolean> => {
  try {
    return (await fetch(`http://127.0.0.1:${adminPort}/ready`)).status === 200
  } catch {
    return false
  }
}

/** Streams a request through; a key sent only as `apikey` becomes the bearer token, as at Supabase's gateway. */
const forward = (from: IncomingMessage, to: ServerResponse, port: number): void => {
  const { host: _host, ...headers } = from.headers
  const apikey = headers['apikey']
  if (headers.authorization === undefined && typeof apikey === 'string')
    headers.authorization = `Bearer ${apikey}`
  const path = from.url?.replace(/^\/rest\/v1/, '') || '/'
  const upstream = send({ host: '127.0.0.1', port, method: from.method, path, headers }, (answer) => {
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(to)
  })
  upstream.once('error', () => to.headersSent || to.writeHead(503).end())
  from.pipe(upstream)
}

const listenProxy = async (port: number): Promise<{ url: string; close: () => Promise<void> }> => {
  const proxy = createServer((from, to) =>
    from.url?.startsWith('/rest/v1') ? forward(from, to, port) : void to.writeHead(404).end(),
  )
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      proxy.close(() => resolve())
      proxy.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`, close }
}

/** @param databaseUrl role authenticator */
export const startPostgrest = async (options: {
  bin: string
  databaseUrl: string
  jwtSecret: string
  folder: string
}): Promise<RunningPostgrest> => {
  const [port, adminPort] = [await freePort(), await freePort()]
  const child = spawn(options.bin, [], {
    env: environment({ ...options, port, adminPort }),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  child.once('error', (error) => (said += error.message))
  if (child.pid !== undefined) noteProcess(options.folder, child.pid)
  endWithUs(child)
  const ended = (): boolean => child.pid === undefined || child.exitCode !== null || child.signalCode !== null
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM')
    if (!(await waitUntil(ended, { withinMs: 5_000 }))) child.kill('SIGKILL')
  }
  if (!(await waitUntil(async () => ended() || isReady(adminPort), { withinMs: 15_000 })) || ended()) {
    await stop()
    throw new Error(`PostgREST (${options.bin}) did not get ready: ${said.slice(-2_000)}`)
  }
  const proxy = await listenProxy(port)
  return { url: proxy.url, close: async () => void (await Promise.all([proxy.close(), stop()])) }
}
