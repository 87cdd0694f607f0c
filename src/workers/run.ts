// The run a queue job works for: the one named in its payload, or its own, opened once however often it is retried.
import type { QueueJobContext } from '../core/queue-job.ts'

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
    requestKey: `queue-job.${queueJobId}`,
  })
  return runId
}
