// The run a queue job works for: the one named in its payload, or its own, opened once however often it is retried.
import type { QueueJobContext, WaitingQueueJob } from '../core/queue-job.ts'

export interface RunRequest {
  readonly shop: number
  readonly kind: 'repair-orders' | 'employees' | 'customers' | 'vehicles'
  readonly trigger: string
  readonly run?: string | undefined
  readonly params?: Record<string, unknown>
}

/** @returns the id of the run in `sync_log` */
export const runOf = async (
  { services, queueJobId }: Pick<QueueJobContext, 'services' | 'queueJobId'>,
  request: RunRequest,
): Promise<string> => {
  if (request.run !== undefined) return request.run
  const shop = await services.shops.byTmId(request.shop)
  const { runId } = await services.warehouse.runs.start({
    shopId: shop.id,
    kind: request.kind,
    trigger: request.trigger,
    params: request.params ?? {},
    requestKey: requestKeyOf(queueJobId),
  })
  return runId
}

/** The key of a run that a queue job opens; `part` when it may open several. */
export const requestKeyOf = (queueJobId: string, part?: string): string =>
  `queue-job.${queueJobId}${part === undefined ? '' : `.${part}`}`

/** A run is opened before its queue job is added; far more than that takes, and no run waits longer for its end. */
const ADDED_WITHIN_SECONDS = 120

/** Where queue jobs wait that open runs and close their listings: all of `runOf`, and reconcile-day. */
const QUEUES_WITH_RUNS = ['discovery', 'maintenance'] as const

/**
 * Ends runs that wait for a listing which nobody makes: their queue job was lost with the queue store, or never added.
 * What they were to find is found by the next listing.
 */
export const failLostRuns = async ({
  services: {
    warehouse: { runs },
  },
  log,
  unfinished,
}: Pick<QueueJobContext, 'services' | 'log' | 'unfinished'>): Promise<number> => {
  const listing = await runs.listing({ olderThanSeconds: ADDED_WITHIN_SECONDS })
  if (listing.length === 0) return 0
  const queueJobs = await Promise.all(QUEUES_WITH_RUNS.map(unfinished))
  const works = worksFor(queueJobs.flat())
  const runIds = listing.filter((run) => !works(run)).map(({ runId }) => runId)
  if (runIds.length === 0) return 0
  const { failed } = await runs.failLost({ runIds })
  if (failed > 0)
    log.warn({ event: 'runs.lost', runs: runIds }, 'runs whose queue jobs were lost are ended as failed')
  return failed
}

/** Whether one of these queue jobs works for a run. */
const worksFor = (queueJobs: readonly WaitingQueueJob[]) => {
  const keys = queueJobs.map(({ id }) => requestKeyOf(id))
  const runs = new Set(queueJobs.map(({ payload }) => (payload as { run?: unknown } | null)?.run))
  return ({ runId, requestKey }: { runId: string; requestKey: string | null }): boolean =>
    runs.has(runId) || keys.some((key) => requestKey === key || requestKey?.startsWith(`${key}.`) === true)
}
