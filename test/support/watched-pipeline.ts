// A pipeline that is watched as `program.ts` watches a process: instruments, readiness and the port that serves both.
import { readConfig } from '../../src/core/config.ts'
import type { Metrics } from '../../src/core/metrics.ts'
import { createScrape, type SampledBudget } from '../../src/core/metrics-samples.ts'
import { createReadiness } from '../../src/core/readiness.ts'
import { listen } from '../../src/producers/http/listen.ts'
import { activeSchedules } from '../../src/producers/schedules.ts'
import { schedulesOf } from '../../src/producers/scheduler.ts'
import { createWatchApp } from '../../src/producers/http/watch-app.ts'
import { processMetrics, scheduledListing } from '../../src/watch.ts'
import { canary } from '../../src/workers/jobs/canary.ts'
import { parseExposition, type Exposition } from './exposition.ts'
import type { PipelineParts } from './pipeline-parts.ts'
import type { Logger } from '../../src/core/logger.ts'

const { sync } = readConfig({})

export interface Watching {
  readonly metrics: Metrics
  readonly url: string
  /** What Prometheus would see now. */
  scrape(): Promise<Exposition>
  readyz(): Promise<{ readonly status: number; readonly checks: Readonly<Record<string, boolean>> }>
  /** Sends canaries through all queues, as the schedule does every minute. */
  flyCanary(): Promise<unknown>
  close(): Promise<void>
}

export const watchPipeline = async (
  { services, store, queueJobs, log }: PipelineParts & { readonly log: Logger },
  budgets: () => readonly SampledBudget[] = () => [],
): Promise<Watching> => {
  const { shops, warehouse } = services
  const schedules = async () => schedulesOf(await shops.list(), sync)
  const active = () => activeSchedules({ schedules, warehouse })
  const metrics = processMetrics({ commit: null })
  const readiness = createReadiness({ store, warehouse, log })
  const scrape = createScrape(metrics, {
    queues: () => queueJobs.all(),
    warehouse,
    log,
    budgets: async () => budgets(),
    listing: () => scheduledListing({ shops, active }, sync.intervalMinutes * 60),
  })
  const app = createWatchApp({ readiness, scrape, token: null, log })
  const listening = await listen(app, { host: '127.0.0.1', port: 0, log })
  return {
    metrics,
    url: listening.url,
    scrape: async () => parseExposition(await (await fetch(`${listening.url}/metrics`)).text()),
    readyz: async () => {
      const answer = await fetch(`${listening.url}/readyz`)
      const { checks } = (await answer.json()) as { checks: Record<string, boolean> }
      return { status: answer.status, checks }
    },
    flyCanary: () => queueJobs.request(canary, {}),
    close: () => listening.close(),
  }
}
