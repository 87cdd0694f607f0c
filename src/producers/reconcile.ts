// Asks for a reconcile of a range of days: opens its run, then enqueues it.
import type { QueueJobs } from '../core/enqueue.ts'
import type { Services } from '../core/services.ts'
import type { DayRange } from '../core/warehouse/reconciliations.ts'
import { reconcileDay } from '../workers/jobs/reconcile-day.ts'

export interface ReconcileRequest extends DayRange {
  readonly shopTmId: number
  readonly trigger: 'cli' | 'api'
}

/** @returns the run; it ends when every day of the range is decided */
export const requestReconcile = async (
  { services, queueJobs }: { readonly services: Services; readonly queueJobs: QueueJobs },
  { shopTmId, from, to, trigger }: ReconcileRequest,
): Promise<{ runId: string }> => {
  const { id: shopId } = await services.shops.byTmId(shopTmId)
  const params = { ranges: [{ from, to }] }
  const { runId } = await services.warehouse.runs.start({ shopId, kind: 'reconcile', trigger, params })
  await queueJobs.request(reconcileDay, { shop: shopTmId, trigger, run: runId })
  return { runId }
}
