// Starts and stops a private, real Postgres on 127.0.0.1 from the npm package's binaries. It survives what the
// package's own launcher does not: root, a closed home, no locale, an orphaned or killed predecessor, a busy port.
import { spawn, type ChildProcess } from 'node:child_process'
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  truncateSync,
  mkdirSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { AppError, UsageError } from '../../core/errors.ts'
import type { EmbeddedLog } from '../log.ts'
import { openCluster, serverEnvironment, type Cluster } from './cluster.ts'
import { acquireLock } from './lock.ts'
import { waitUntil } from './processes.ts'

export interface PostgresOptions {
  /** Created when missing; kept between runs. */
  readonly dataDir: string
  /** Wanted port; another free one is taken, and reported, when it is in use. */
  readonly port?: number
  /** False for throw-away data: no fsync, so a power cut may lose it; much faster. */
  readonly durable?: boolean
  /** Called when the server ended by itself (killed, out of memory). */
  readonly onLost?: () => void
  /** Default 200: one process with all roles needs about 60. */
  readonly maxConnections?: number
  readonly log: EmbeddedLog
}

export interface RunningPostgres {
  /** Superuser, database `postgres`. Holds the password: never log it. */
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Ends the server and gives the data directory free. May be called twice. */
  readonly stop: () => Promise<void>
}

/** Crash recovery of a large cluster is the slowest honest start. */
const READY_MS = 60_000
const STOP_MS = 10_000
const LOG_LIMIT_BYTES = 10_000_000

const settings = (
  port: number,
  { durable = true, maxConnections = 200 }: PostgresOptions,
): readonly string[] =>
  Object.entries({
    port,
    listen_addresses: '127.0.0.1',
    // Socket paths are limited to 107 characters, and a checkout may lie deep.
    unix_socket_directories: '',
    // Each BullMQ class has a pool of its own (stack.md §2.3).
    max_connections: maxConnections,
    jit: 'off',
    shared_buffers: '256MB',
    // As on Supabase: extensions live in a schema of their own.
    search_path: '"$user", public, extensions',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(durable
      ? { max_wal_size: '2GB' }
      : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])

const isFree = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(null))
    probe.listen(port, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : null))
    })
  })

const choosePort = async (wanted: number, log: EmbeddedLog): Promise<number> => {
  const port = (await isFree(wanted)) ?? (await isFree(0))
  if (port === null) throw new AppError('transient', 'EMBEDDED_POSTGRES', 'no free port on 127.0.0.1')
  if (wanted !== 0 && port !== wanted)
    log.warn({ wanted, port }, 'the port is in use; Postgres takes another')
  return port
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

/** Line 8 of the pid file says "ready" once connections are accepted; pg_ctl looks at the same place. */
const isReady = (cluster: Cluster, child: ChildProcess): boolean => {
  const file = join(cluster.dataDir, 'postmaster.pid')
  if (!existsSync(file)) return false
  const lines = readFileSync(file, 'utf8').split('\n')
  return Number(lines[0]) === child.pid && lines[7]?.trim() === 'ready'
}

interface Attempt {
  readonly child: ChildProcess
  readonly ready: boolean
  /** What the server wrote since this attempt began. */
  readonly said: string
}

const launch = async (cluster: Cluster, port: number, options: PostgresOptions): Promise<Attempt> => {
  const logFile = join(cluster.base, 'postgres.log')
  if (existsSync(logFile) && statSync(logFile).size > LOG_LIMIT_BYTES) truncateSync(logFile)
  const began = existsSync(logFile) ? statSync(logFile).size : 0
  // A file, not a pipe: a pipe would break under the server when this process is killed.
  const output = openSync(logFile, 'a', 0o600)
  const child = spawn(cluster.natives.postgres, ['-D', cluster.dataDir, ...settings(port, options)], {
    cwd: '/',
    env: serverEnvironment,
    // Own process group: Ctrl-C reaches us only, and we stop the server after its clients.
    detached: true,
    stdio: ['ignore', output, output],
    ...cluster.identity,
  })
  closeSync(output)
  let failure = ''
  child.once('error', (error) => (failure = error.message))
  await waitUntil(() => failure !== '' || hasEnded(child) || isReady(cluster, child), { withinMs: READY_MS })
  const said = failure + readFileSync(logFile).subarray(began).toString('utf8')
  return { child, ready: failure === '' && !hasEnded(child) && isReady(cluster, child), said }
}

const start = async (
  cluster: Cluster,
  options: PostgresOptions,
): Promise<{ child: ChildProcess; port: number }> => {
  let said = ''
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const port = await choosePort(options.port ?? 0, options.log)
    const outcome = await launch(cluster, port, options)
    if (outcome.ready) return { child: outcome.child, port }
    await end(outcome.child)
    said = outcome.said.trim()
    options.log.warn({ attempt }, 'Postgres did not start; trying again')
  }
  throw new AppError(
    'bug',
    'EMBEDDED_POSTGRES',
    `the embedded Postgres does not start:\n${said.slice(-2_000)}`,
  )
}

const end = async (child: ChildProcess): Promise<void> => {
  for (const name of ['SIGINT', 'SIGQUIT', 'SIGKILL'] as const) {
    if (hasEnded(child) || child.pid === undefined) return
    child.kill(name)
    if (await waitUntil(() => hasEnded(child), { withinMs: STOP_MS })) return
  }
}

/** A cluster made by other hands may have another encoding; names and notes would break in it. */
const refuseOtherEncoding = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ server_encoding: string }>('show server_encoding')
    const encoding = rows[0]?.server_encoding
    if (encoding !== 'UTF8') {
      throw new AppError(
        'bug',
        'EMBEDDED_POSTGRES',
        `the cluster's encoding is ${encoding}, not UTF8; move it away`,
      )
    }
  } finally {
    await client.end()
  }
}

/** The data directory's real path. @throws UsageError when it belongs to somebody else */
const openDataDir = (wanted: string): string => {
  try {
    mkdirSync(wanted, { recursive: true })
    const dataDir = realpathSync(wanted)
    accessSync(dataDir, constants.W_OK)
    const cluster = join(dataDir, 'postgres')
    if (existsSync(cluster)) accessSync(cluster, constants.W_OK)
    return dataDir
  } catch (cause) {
    const message = `cannot write to ${wanted}: it belongs to another user, perhaps to root from an earlier run`
    throw new UsageError(`${message}; give it back with chown or choose another DATA_DIR`, { cause })
  }
}

/**
 * Starts the server and resolves when it accepts connections.
 * @throws UsageError when another living process uses the data directory, or the package is not installed
 */
export const startPostgres = async (options: PostgresOptions): Promise<RunningPostgres> => {
  const dataDir = openDataDir(options.dataDir)
  const release = await acquireLock(join(dataDir, 'postgres.lock'), { waitMs: 5_000 })
  try {
    const cluster = await openCluster({ dataDir, durable: options.durable ?? true, log: options.log })
    const { child, port } = await start(cluster, options)
    const url = `postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`
    const running = supervise({ child, release, options })
    await refuseOtherEncoding(url).catch(async (error: unknown) => {
      await running.stop()
      throw error
    })
    return { url, port, pid: child.pid ?? 0, stop: running.stop }
  } catch (error) {
    release()
    throw error
  }
}

const supervise = ({
  child,
  release,
  options: { log, onLost },
}: {
  child: ChildProcess
  release: () => void
  options: Pick<PostgresOptions, 'log' | 'onLost'>
}) => {
  let stopping: Promise<void> | undefined
  const onExit = (): void => void child.kill('SIGINT')
  process.once('exit', onExit)
  child.unref()
  child.once('exit', (code, name) => {
    process.removeListener('exit', onExit)
    if (stopping !== undefined) return
    log.error({ code, signal: name }, 'Postgres ended by itself')
    onLost?.()
  })
  const stop = (): Promise<void> => {
    stopping ??= end(child).finally(release)
    return stopping
  }
  return { stop }
}
