// Asks for a reconcile of a range of days: opens its run, then enqueues it.
import { splitDays, type DayRange } from '../core/day-ranges.ts'
import type { QueueJobs } from '../core/enqueue.ts'
import type { Services } from '../core/services.ts'
import { reconcileDay } from '../workers/jobs/reconcile-day.ts'

/** What one look takes at once: a month of a busy shop is compared within a second. */
const DAYS_PER_LOOK = 31

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
  const params = { ranges: splitDays({ from, to }, DAYS_PER_LOOK) }
  const { runId } = await services.warehouse.runs.start({ shopId, kind: 'reconcile', trigger, params })
  await queueJobs.request(reconcileDay, { shop: shopTmId, trigger, run: runId })
  return { runId }
}
