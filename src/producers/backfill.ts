// Asks for a backfill: opens it, or goes on with the shop's open one.
import type { QueueJobs } from '../core/enqueue.ts'
import type { Services } from '../core/services.ts'
import { backfillWindow } from '../workers/jobs/backfill-window.ts'
import { sweepDirty } from '../workers/jobs/sweep-dirty.ts'

export interface BackfillRequest {
  readonly shopTmId: number
  /** Shop-local days, both included. */
  readonly from: string
  readonly to: string
  readonly windowDays: number
  readonly trigger: 'cli' | 'api'
  /** Kept with the backfill, for comparison afterwards. */
  readonly forecast: object
}

/** @returns its state; `existing` is true when the shop had an open one, which goes on with its own range */
export const requestBackfill = async (
  { services, queueJobs }: { readonly services: Services; readonly queueJobs: QueueJobs },
  { shopTmId, ...wish }: BackfillRequest,
) => {
  const { id: shopId } = await services.shops.byTmId(shopTmId)
  const opened = await services.warehouse.backfills.open({ shopId, ...wish })
  // What a killed process had planned and not enqueued is still marked in the warehouse.
  if (opened.existing) await queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
  await queueJobs.request(backfillWindow, { shop: shopTmId, backfill: opened.backfillId })
  return opened
}
