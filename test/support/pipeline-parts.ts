// The pipeline's parts as one process has them: queue store, queues and services on given servers. Used by the tests'
// own process and by the worker processes they kill.
import { RateLimiterMemory } from 'rate-limiter-flexible'
import { createQueueJobs, type QueueJobs } from '../../src/core/enqueue.ts'
import type { Logger } from '../../src/core/logger.ts'
import { createQueueStore, type QueueStore } from '../../src/core/queue-store.ts'
import type { Services } from '../../src/core/services.ts'
import { createShopDirectory } from '../../src/core/shops.ts'
import { createCallBudget } from '../../src/core/tekmetric/budget.ts'
import { createTekmetricClient, type RequestRecord } from '../../src/core/tekmetric/client.ts'
import type { Timeouts } from '../../src/core/tekmetric/http-get.ts'
import type { RawPolicy } from '../../src/core/tekmetric/raw-payload.ts'
import { createTokenProvider } from '../../src/core/tekmetric/tokens.ts'
import { createWarehouse } from '../../src/core/warehouse/warehouse.ts'

/** Where the servers are. Plain data, so that it can be handed to another process. */
export interface PipelineServers {
  readonly queue: { readonly kind: 'redis' | 'postgres'; readonly url: string; readonly name: string }
  readonly warehouse: { readonly url: string; readonly serviceKey: string }
  readonly tekmetric: { readonly baseUrl: string }
}

export interface PartsOptions {
  readonly servers: PipelineServers
  readonly log: Logger
  readonly tokenOf: (shopTmId: number) => string
  readonly clock: () => Date
  readonly onRequest?: (record: RequestRecord) => void
  /** Default `off`. */
  readonly storeRaw?: RawPolicy | undefined
  readonly timeouts?: Partial<Timeouts> | undefined
}

export interface PipelineParts {
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly services: Services
  readonly close: () => Promise<void>
}

/** Far more than a test can use: budgets have tests of their own. */
const GENEROUS = 600_000

const storeOf = ({ queue }: PipelineServers, log: Logger): QueueStore =>
  queue.kind === 'redis'
    ? createQueueStore({ kind: 'redis', url: queue.url, prefix: queue.name, log })
    : createQueueStore({ kind: 'postgres', url: queue.url, schema: queue.name, log })

/** Connects; starts nothing. */
export const openParts = ({ servers, log, tokenOf, clock, ...options }: PartsOptions): PipelineParts => {
  const store = storeOf(servers, log)
  const queueJobs = createQueueJobs(store)
  const warehouse = createWarehouse(servers.warehouse)
  const tekmetric = createTekmetricClient({
    baseUrl: servers.tekmetric.baseUrl,
    tokens: createTokenProvider({
      lookup: async (shop) => ({ token: tokenOf(shop), expiresAt: null }),
    }),
    budget: createCallBudget({
      limiter: async ({ keyPrefix, points, durationSeconds }) =>
        new RateLimiterMemory({ keyPrefix, points, duration: durationSeconds }),
      requestsPerMinute: GENEROUS,
    }),
    ...(options.onRequest === undefined ? {} : { onRequest: options.onRequest }),
    ...(options.timeouts === undefined ? {} : { timeouts: options.timeouts }),
  })
  const services: Services = {
    warehouse,
    tekmetric,
    shops: createShopDirectory(warehouse),
    clock: async () => clock(),
    storeRaw: options.storeRaw ?? 'off',
  }
  return {
    store,
    queueJobs,
    services,
    close: async () => {
      await queueJobs.close()
      await tekmetric.close()
      await store.close()
    },
  }
}
