// The outbox's postman: enqueues whatever is still marked in the warehouse (stale ROs, dirty days, planned but unread ROs),
// so that a process may die between any two statements. Also closes runs that nobody waits for.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { rebuildDay } from './rebuild-day.ts'
import { syncRepairOrder } from './sync-repair-order.ts'

/** Younger marks are still on their ordinary way. With the sweep every minute, G6's two minutes hold. */
const ORDINARY_WAY_SECONDS = 20
/** What one sweep takes on; the rest follows a minute later. */
const SWEEP_LIMIT = 2_000

export const sweepDirty = defineQueueJob({
  name: 'sweep-dirty',
  queue: 'maintenance',
  about: 'Enqueues whatever is still marked dirty in the warehouse and closes finished runs.',
  payload: z.object({ olderThanSeconds: z.int().min(0).optional() }),
  retry: { attempts: 1, backoffMs: 1_000 },
  timeoutMs: 50_000,
  dedup: { mode: 'skip', id: () => 'all' },
  fansOutTo: [buildSnapshot, rebuildDay, syncRepairOrder],
  run: async ({ olderThanSeconds }, { services, enqueue }) => {
    const { deletions, operations, runs } = services.warehouse
    const marks = await operations.dirtyMarks({
      olderThanSeconds: olderThanSeconds ?? ORDINARY_WAY_SECONDS,
      limit: SWEEP_LIMIT,
    })
    const snapshots = await enqueue(
      buildSnapshot,
      marks.staleRos.map(({ shopTmId, ro }) => ({ shop: shopTmId, ro })),
    )
    const days = await enqueue(
      rebuildDay,
      marks.dirtyDays.map(({ shopTmId, date }) => ({ shop: shopTmId, date })),
    )
    const repairOrders = await enqueue(
      syncRepairOrder,
      marks.pendingItems.map(({ shopTmId, ro, runId }) => ({
        shop: shopTmId,
        ro,
        run: runId,
        lane: 'repair' as const,
        reason: 'sweep' as const,
      })),
    )
    // The second pass of a deletion by absence, and the last look before a deletion that a person has confirmed.
    const rechecks = await enqueue(
      syncRepairOrder,
      (await deletions.rechecks({ limit: SWEEP_LIMIT })).map(({ shopTmId, ro }) => ({
        shop: shopTmId,
        ro,
        lane: 'repair' as const,
        reason: 'recheck' as const,
      })),
    )
    const { finished } = await runs.finishOpen()
    return { snapshots, days, repairOrders, rechecks, runsFinished: finished }
  },
})
