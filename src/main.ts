// The long-running process: reads the environment, opens everything, runs its roles, and on SIGTERM closes in order.
import { loadConfig, openConnections, type Connections } from './connections.ts'
import { releaseVersion } from './core/build-info.ts'
import { secretsOf, type Config } from './core/config.ts'
import { openErrorReports, type ErrorReports } from './core/error-reports.ts'
import { ConfigInvalid } from './core/errors.ts'
import { createLogger, type Logger } from './core/logger.ts'
import { onSignals } from './core/shutdown.ts'
import { openProgram, type Role } from './program.ts'

/** Runs until SIGTERM or SIGINT. @throws ConfigInvalid before anything is started */
export const runRoles = async (roles: readonly Role[]): Promise<void> => {
  const config = loadConfig(process.env)
  checkRoles(config, roles)
  const reports = await errorReportsOf(config)
  const log = createLogger({
    level: config.logLevel,
    pretty: process.stdout.isTTY,
    onError: reports?.report,
  })
  const connections = await openConnections(config, log)
  await runProgram({ config, connections, log, roles, reports })
}

export interface RunInput {
  readonly config: Config
  readonly connections: Connections
  readonly log: Logger
  readonly roles: readonly Role[]
  /** Where errors go besides the log; null when nowhere. */
  readonly reports?: ErrorReports | null
}

const errorReportsOf = async (config: Config): Promise<ErrorReports | null> =>
  config.sentryDsn === null
    ? null
    : openErrorReports({
        dsn: config.sentryDsn,
        version: releaseVersion(),
        commit: config.commit,
        secrets: secretsOf(config),
      })

/** The life of a process on given connections, which it closes: starts the roles, waits for a signal, stops in order. */
export const runProgram = async ({
  config,
  connections,
  log,
  roles,
  reports = null,
}: RunInput): Promise<void> => {
  const program = await openProgram({ config, connections, log })
  const stopped = new Promise<NodeJS.Signals>((resolve) => onSignals(resolve))
  dieOnUncaught(log, reports)
  try {
    // Told to stop while it still starts (a store that does not answer): it stops.
    const early = await Promise.race([program.start(roles, { watched: true }).then(() => null), stopped])
    if (early !== null) {
      log.info({ event: 'shutdown.begin', signal: early }, 'stopping')
      return
    }
    log.info({ event: 'boot.ready', roles, queueStore: connections.queue.kind }, `ready: ${roles.join(', ')}`)
    const signal = await stopped
    log.info({ event: 'shutdown.begin', signal }, 'stopping')
  } finally {
    const failed = await program.close()
    log.info({ event: 'shutdown.end', failed }, 'stopped')
    await reports?.flush(LINGER_MS)
    // A connection that never came up must not keep the process; nothing is waiting for it any more.
    setTimeout(() => process.exit(), LINGER_MS).unref()
  }
}

/** Time for the last log lines. */
const LINGER_MS = 1_000

/** An uncaught exception means an unknown state: say it and let the platform start a fresh process. */
const dieOnUncaught = (log: Logger, reports: ErrorReports | null): void => {
  process.on('uncaughtException', (err) => {
    log.fatal({ event: 'process.uncaught', err }, 'uncaught exception')
    if (reports === null) process.exit(1)
    void reports.flush(LINGER_MS).finally(() => process.exit(1))
  })
}

/** A role needs only its own settings. */
const checkRoles = ({ warehouse }: Config, roles: readonly Role[]): void => {
  if (roles.includes('api') && warehouse.url !== null && warehouse.anonKey === null)
    throw new ConfigInvalid(['SUPABASE_ANON_KEY: missing although the role api runs; people sign in with it'])
}
