// Puts the parts together: connections → services, queues, workers, schedules, HTTP. Roles decide which of them run.
import type { Config } from './core/config.ts'
import type { Connections } from './connections.ts'
import { createQueueJobs, type QueueJobs } from './core/enqueue.ts'
import type { Logger } from './core/logger.ts'
import type { Metrics } from './core/metrics.ts'
import { reportStoreErrors } from './core/queue-store-errors.ts'
import { createQueueStore, type QueueStore } from './core/queue-store.ts'
import type { Services } from './core/services.ts'
import { createShopDirectory, type ShopDirectory } from './core/shops.ts'
import { createShutdown, type Shutdown } from './core/shutdown.ts'
import {
  budgetLimiterSpec,
  createCallBudget,
  type BudgetUsage,
  type CallBudget,
} from './core/tekmetric/budget.ts'
import { createTekmetricClient, type TekmetricClient, type TokenProvider } from './core/tekmetric/client.ts'
import { createTokenProvider } from './core/tekmetric/tokens.ts'
import { createWarehouse, type Warehouse } from './core/warehouse/warehouse.ts'
import { enrolShops } from './core/enrol-shops.ts'
import { keepSchedules, schedulesOf, type Schedule } from './producers/scheduler.ts'
import { activeSchedules, createScheduleDesk, type ScheduleDesk } from './producers/schedules.ts'
import type { Listening } from './producers/http/listen.ts'
import { serveHttp } from './serve-http.ts'
import { processMetrics, serveWatch, watchParts, type Watch } from './watch.ts'
import { startWorkers, type FinishedQueueJob } from './workers/runtime.ts'

export const ROLES = ['scheduler', 'worker', 'api'] as const
export type Role = (typeof ROLES)[number]

export interface Program {
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly services: Services
  readonly schedules: ScheduleDesk
  /** What this process knows of the call budget of a shop's credential. @throws UpstreamForbidden without a token */
  readonly budgetUsage: (shopTmId: number) => Promise<BudgetUsage>
  readonly connections: Connections
  /** Starts the roles in this process. Workers and schedules stop with `close`. */
  start(roles: readonly Role[], options?: StartOptions): Promise<void>
  /** Where the HTTP role listens; null while it does not run. */
  readonly http: () => Listening | null
  close(): Promise<string[]>
}

export interface StartOptions {
  /** False: shops that the settings name and the table lacks are not asked for at TM. */
  readonly enrols?: boolean
  /** True: serves METRICS_PORT when it is set. For processes that stay; a command that ends needs no port. */
  readonly watched?: boolean
  readonly onFinished?: (job: FinishedQueueJob) => void
}

export interface ProgramInput {
  readonly config: Config
  readonly connections: Connections
  readonly log: Logger
  /** Told about every call to the warehouse and to TM: metrics and the bench count with it. */
  readonly observe?: Observe
}

export interface Observe {
  readonly onWarehouseCall?: (call: { name: string; ms: number; ok: boolean }) => void
  readonly onTekmetricRequest?: (request: { route: string; status: number | null; ms: number }) => void
}

/** Connects to everything; starts nothing. The connections are the program's from now on: it closes them, also when it fails. */
export const openProgram = async (input: ProgramInput): Promise<Program> => {
  const shutdown = createShutdown(input.log)
  shutdown.add('connections', () => input.connections.close(), 20_000)
  try {
    return programOf(await openParts(input, shutdown), input, shutdown)
  } catch (error) {
    await shutdown.run()
    throw error
  }
}

interface Parts extends Pick<Program, 'store' | 'queueJobs' | 'services' | 'schedules' | 'budgetUsage'> {
  readonly metrics: Metrics
  readonly watch: Watch
  /** The schedules that are not paused. */
  readonly active: () => Promise<Schedule[]>
}

const openParts = async (input: ProgramInput, shutdown: Shutdown): Promise<Parts> => {
  const { config, connections, log } = input
  const store = createQueueStore({ ...connections.queue, log })
  shutdown.add('queue store', () => store.close())
  const queueJobs = createQueueJobs(store)
  shutdown.add('queues', () => queueJobs.close())
  const metrics = processMetrics(config)
  const warehouse = warehouseOf(input, metrics)
  const budget = await budgetOf(store, connections, log)
  const shops = createShopDirectory(warehouse, config.tekmetric.shopIds)
  const tokens = tokensOf(connections, warehouse, shops)
  const tekmetric = tekmetricOf(input, { tokens, budget, metrics })
  shutdown.add('TM client', () => tekmetric.close())
  const table = async () => schedulesOf(await shops.list(), config.sync)
  const active = () => activeSchedules({ schedules: table, warehouse })
  const watched = { store, queueJobs, warehouse, shops, tokens, budget, active }
  return {
    store,
    queueJobs,
    services: { warehouse, tekmetric, shops, clock: connections.clock, storeRaw: config.sync.storeRaw },
    metrics,
    watch: watchParts(metrics, { parts: watched, config, log }),
    schedules: createScheduleDesk({ store, queueJobs, warehouse, schedules: table }),
    active,
    budgetUsage: async (shopTmId) => budget.usage((await tokens.get(shopTmId)).credential),
  }
}

const programOf = (parts: Parts, input: ProgramInput, shutdown: Shutdown): Program => {
  const { config, connections, log } = input
  const { store, queueJobs, services, schedules, budgetUsage, watch } = parts
  let http: Listening | null = null
  const start: Program['start'] = async (roles, { enrols = true, watched = false, onFinished } = {}) => {
    const { port } = config.metrics
    if (watched && port !== null) {
      // First of all: a process that waits for its store can say so.
      const watching = await serveWatch(watch, { config, port, log })
      shutdown.add('metrics', () => watching.close(), 2_000)
    }
    await store.check()
    if (enrols) await enrolShops(services, connections.tekmetric.shops, log)
    if (roles.includes('worker')) {
      const workers = startWorkers({ store, queueJobs, services, log, onFinished: told(parts, onFinished) })
      shutdown.add('workers', () => workers.close(), 24_000)
    }
    if (roles.includes('scheduler')) shutdown.add('schedules', await startSchedules(parts, log))
    if (roles.includes('api')) {
      const listening = await serveHttp({ ...parts, config, connections, log })
      http = listening
      connections.embedded?.serves(listening.url)
      shutdown.add('HTTP', () => listening.close(), 8_000)
    }
    // Closes before all others.
    shutdown.add('readiness', async () => watch.leave())
  }
  return {
    store,
    queueJobs,
    services,
    schedules,
    budgetUsage,
    connections,
    start,
    http: () => http,
    close: () => shutdown.run(),
  }
}

const told =
  ({ metrics }: Parts, onFinished: StartOptions['onFinished']) =>
  (job: FinishedQueueJob): void => {
    metrics.onQueueJob(job)
    onFinished?.(job)
  }

/** @returns stops keeping them up */
const startSchedules = async (
  { services, store, queueJobs, active, watch }: Parts,
  log: Logger,
): Promise<() => Promise<void>> => {
  if ((await services.shops.list()).length === 0)
    log.warn(
      { event: 'shops.none' },
      'there is no shop to sync: name them in TM_SHOP_ID or with warehouse shops add',
    )
  return keepSchedules({ store, queueJobs, schedules: active, answers: watch.answers, log })
}

const warehouseOf = ({ connections, observe = {} }: ProgramInput, metrics: Metrics): Warehouse =>
  createWarehouse({
    url: connections.warehouse.url,
    serviceKey: connections.warehouse.serviceKey,
    onCall: (call) => {
      metrics.onWarehouseCall(call)
      observe.onWarehouseCall?.(call)
    },
  })

const budgetOf = async (store: QueueStore, { tekmetric }: Connections, log: Logger): Promise<CallBudget> => {
  const { requestsPerMinute } = tekmetric
  return createCallBudget({
    limiter: await store.limiter(budgetLimiterSpec(requestsPerMinute)),
    requestsPerMinute,
    onStoreError: reportStoreErrors(log.child({ part: 'call budget' })),
  })
}

/** A shop's own token wins; the simulator's stands in for it, and the environment's for all others. */
const tokensOf = ({ tekmetric }: Connections, warehouse: Warehouse, shops: ShopDirectory): TokenProvider =>
  createTokenProvider({
    environmentToken: tekmetric.authToken,
    lookup: async (shopTmId) => {
      const shop = (await shops.all()).find((s) => s.tmId === shopTmId)
      const own = shop === undefined ? null : await warehouse.tokens.read({ shopId: shop.id })
      const simulated = tekmetric.shopTokens.get(shopTmId)
      return own ?? (simulated === undefined ? null : { token: simulated, expiresAt: null })
    },
  })

const tekmetricOf = (
  { connections, log, observe = {} }: ProgramInput,
  { tokens, budget, metrics }: { tokens: TokenProvider; budget: CallBudget; metrics: Metrics },
): TekmetricClient =>
  createTekmetricClient({
    baseUrl: connections.tekmetric.baseUrl,
    tokens,
    budget,
    onRequest: ({ route, status, ms, shopTmId }) => {
      log.debug({ event: 'upstream.done', route, status, ms, shop: shopTmId }, 'TM answered')
      metrics.onTekmetricRequest({ route, status, ms })
      observe.onTekmetricRequest?.({ route, status, ms })
    },
  })
