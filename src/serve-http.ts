// The API role: builds the HTTP app over this process's queues and warehouse and listens.
import type { Config } from './core/config.ts'
import type { Connections } from './connections.ts'
import { createAuth } from './core/auth/auth.ts'
import { releaseVersion } from './core/build-info.ts'
import type { QueueJobs } from './core/enqueue.ts'
import { ConfigInvalid } from './core/errors.ts'
import type { Logger } from './core/logger.ts'
import type { QueueStore } from './core/queue-store.ts'
import type { Services } from './core/services.ts'
import { readKeyRole } from './core/supabase-key.ts'
import type { BudgetUsage } from './core/tekmetric/budget.ts'
import { createAudit } from './producers/http/api/audit.ts'
import type { Installation } from './producers/http/api/parts.ts'
import { createHttpApp } from './producers/http/app.ts'
import { listen, type Listening } from './producers/http/listen.ts'
import { metricsOnApiPort, type Watch } from './watch.ts'
import type { ScheduleDesk } from './producers/schedules.ts'

export interface ServeHttpOptions {
  readonly config: Config
  readonly connections: Connections
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly services: Services
  readonly schedules: ScheduleDesk
  /** @throws UpstreamForbidden without a token */
  readonly budgetUsage: (shopTmId: number) => Promise<BudgetUsage>
  readonly watch: Watch
  readonly log: Logger
}

/** Balancers and callers on their way get this long to learn that we go. */
const FAREWELL_MS = 1_000

/** Listens on the configured port, or on another free one when it is taken. */
export const serveHttp = async (options: ServeHttpOptions): Promise<Listening> => {
  const { config, connections, watch, log } = options
  const { url, anonKey, jwtSecret } = connections.warehouse
  if (anonKey === null) throw new ConfigInvalid(['SUPABASE_ANON_KEY: missing although the role api runs'])
  const demoCredentials = connections.embedded !== null && connections.embedded.demoUser !== null
  const closing = new AbortController()
  const audit = createAudit(options.services.warehouse, log)
  const app = createHttpApp({
    producer: { services: options.services, queueJobs: options.queueJobs },
    installation: installationOf(options),
    schedules: options.schedules,
    webhookToken: config.http.webhookToken,
    closing: closing.signal,
    audit,
    queues: options.queueJobs.all(),
    readiness: watch.readiness,
    metrics: metricsOnApiPort(config)
      ? { scrape: watch.openScrape(), token: config.metrics.token }
      : undefined,
    onAnswer: watch.onAnswer,
    auth: createAuth({ supabaseUrl: url, anonKey, jwtSecret, grants: options.services.warehouse.access }),
    log,
    publicUrl: config.http.publicUrl,
    trustedProxies: config.http.trustedProxies,
    loopbackOnly: demoCredentials,
  })
  const listening = await listen(app, {
    host: config.http.host,
    port: config.http.port,
    log,
    demoCredentials,
    farewellMs: FAREWELL_MS,
  })
  return {
    ...listening,
    close: async () => {
      closing.abort() // Streams and waiting answers end first: they would hold the server open.
      await listening.close()
      await audit.close()
    },
  }
}

const installationOf = ({ config, connections, budgetUsage }: ServeHttpOptions): Installation => ({
  version: releaseVersion(),
  commit: config.commit,
  serviceKeyInUse: readKeyRole(connections.warehouse.serviceKey) !== 'anon',
  requestsPerMinute: connections.tekmetric.requestsPerMinute,
  budgetOf: (shopTmId) => budgetUsage(shopTmId).catch(() => null),
})
