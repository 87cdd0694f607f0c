// How a process is watched: its metrics, its readiness, and where both are served. Knows the whole program; core does not.
import type { Config } from './core/config.ts'
import { releaseVersion } from './core/build-info.ts'
import type { QueueJobs } from './core/enqueue.ts'
import { partIsOn } from './core/features.ts'
import type { Logger } from './core/logger.ts'
import { createMetrics, type Metrics } from './core/metrics.ts'
import { createScrape, type SampledBudget, type ScheduledListing } from './core/metrics-samples.ts'
import type { QueueStore } from './core/queue-store.ts'
import { createReadiness, type Readiness } from './core/readiness.ts'
import type { ShopDirectory } from './core/shops.ts'
import type { CallBudget } from './core/tekmetric/budget.ts'
import type { TokenProvider } from './core/tekmetric/client.ts'
import { ROUTE_TEMPLATES } from './core/tekmetric/routes.ts'
import type { Warehouse } from './core/warehouse/warehouse.ts'
import { isLoopbackHost, listen, type Listening } from './producers/http/listen.ts'
import { createWatchApp } from './producers/http/watch-app.ts'
import { boardScheduleOf, type Schedule } from './producers/scheduler.ts'
import { CATALOG } from './workers/catalog.ts'

export interface WatchedParts {
  readonly store: QueueStore
  readonly queueJobs: QueueJobs
  readonly warehouse: Warehouse
  readonly shops: ShopDirectory
  readonly tokens: TokenProvider
  readonly budget: CallBudget
  /** The schedules that are not paused. */
  readonly active: () => Promise<readonly Schedule[]>
}

export interface Watch {
  readonly readiness: () => Promise<Readiness>
  /** What /metrics answers. The process begins to measure itself: for the one place that serves it. */
  readonly openScrape: () => () => Promise<string>
  /** Counts an answer of the API. */
  readonly onAnswer: Metrics['onAnswer']
  /** Whether queue store and warehouse both answer now; more is asked for readiness. */
  readonly answers: () => Promise<boolean>
  /** From now on not ready: this process is about to stop. */
  readonly leave: () => void
}

export const processMetrics = ({ commit }: Pick<Config, 'commit'>): Metrics =>
  createMetrics({ version: releaseVersion(), commit, queueJobs: CATALOG, routes: ROUTE_TEMPLATES })

export const watchParts = (
  metrics: Metrics,
  { parts, config, log }: { readonly parts: WatchedParts; readonly config: Config; readonly log: Logger },
): Watch => {
  const { store, queueJobs, warehouse } = parts
  const readiness = createReadiness({ store, warehouse, log })
  let leaving = false
  return {
    readiness: async () => (leaving ? { ready: false, checks: { staying: false } } : readiness()),
    answers: async () => {
      const { checks } = await readiness()
      return checks['queueStore'] === true && checks['warehouse'] === true
    },
    leave: () => void (leaving = true),
    onAnswer: metrics.onAnswer,
    openScrape: () =>
      createScrape(metrics, {
        queues: () => queueJobs.all(),
        warehouse,
        log,
        budgets: () => budgetsOf(parts),
        listing: () => scheduledListing(parts, config.sync.intervalMinutes * 60),
      }),
  }
}

/** Of which shops the scheduler has the boards listed now: not of one that is switched off, or whose schedule is paused. */
export const scheduledListing = async (
  { shops, active }: Pick<WatchedParts, 'shops' | 'active'>,
  everySeconds: number,
): Promise<ScheduledListing> => {
  const [synced, kept] = await Promise.all([shops.list(), active()])
  const ids = new Set(kept.map(({ id }) => id))
  const listed = synced.filter((shop) => ids.has(boardScheduleOf(shop.tmId)) && partIsOn(shop, 'discovery'))
  return { shops: listed.map(({ tmId }) => tmId), everySeconds }
}

/** One entry per credential; shops whose token is missing have no budget. */
const budgetsOf = async ({ shops, tokens, budget }: WatchedParts): Promise<readonly SampledBudget[]> => {
  const firstShopOf = new Map<string, number>()
  for (const { tmId } of await shops.list()) {
    const token = await tokens.get(tmId).catch(() => null)
    if (token !== null && !firstShopOf.has(token.credential)) firstShopOf.set(token.credential, tmId)
  }
  return [...firstShopOf].map(([credential, firstShop]) => ({ firstShop, ...budget.usage(credential) }))
}

/**
 * Whether /metrics belongs to the API's own port: not when it has a port of its own, and in the open only with a token.
 * An address behind a proxy counts as open.
 */
export const metricsOnApiPort = ({ metrics, http }: Config): boolean =>
  metrics.port === null && (metrics.token !== null || (isLoopbackHost(http.host) && http.publicUrl === null))

/** Listens on METRICS_PORT. */
export const serveWatch = (
  { readiness, openScrape }: Watch,
  { config, port, log }: { readonly config: Config; readonly port: number; readonly log: Logger },
): Promise<Listening> =>
  listen(createWatchApp({ readiness, scrape: openScrape(), token: config.metrics.token, log }), {
    host: config.http.host,
    port,
    log,
  })
