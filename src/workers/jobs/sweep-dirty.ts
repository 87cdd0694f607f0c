// The outbox's postman: enqueues whatever is still marked in the warehouse (stale ROs, dirty days, planned but unread
// ROs, unknown customers and vehicles, open backfills), so that a process may die between any two statements. Also
// closes runs that nobody waits for, and ends those whose listing was lost.
import { z } from 'zod'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import { failLostRuns } from '../run.ts'
import { backfillWindow } from './backfill-window.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { fetchUnknownParties } from './fetch-unknown-parties.ts'
import { rebuildDay } from './rebuild-day.ts'
import { syncRepairOrder } from './sync-repair-order.ts'

/** Younger marks are still on their ordinary way. With the sweep every minute, G6's two minutes hold. */
const ORDINARY_WAY_SECONDS = 20
/** What one sweep takes on; the rest follows a minute later. */
const SWEEP_LIMIT = 2_000
/** The floor of every lane: however much urgent work keeps coming, the oldest that wait go first, so many a minute. */
const OLDEST_FIRST = 5

export const sweepDirty = defineQueueJob({
  name: 'sweep-dirty',
  queue: 'maintenance',
  about: 'Enqueues whatever is still marked dirty in the warehouse and closes finished and lost runs.',
  payload: z.object({ olderThanSeconds: z.int().min(0).optional() }),
  retry: { attempts: 1, backoffMs: 1_000 },
  timeoutMs: 50_000,
  dedup: { mode: 'skip', id: () => 'all' },
  fansOutTo: [buildSnapshot, rebuildDay, syncRepairOrder, fetchUnknownParties, backfillWindow],
  run: async ({ olderThanSeconds }, ctx) => {
    const { services, enqueue } = ctx
    const { deletions, operations, runs, backfills } = services.warehouse
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
    const pending = inTurns(marks.pendingItems)
    // Those that wait or run are only late: asking again would read TM twice.
    const repairOrders = await enqueue(syncRepairOrder, pending, 'if-missing')
    const oldest = pending
      .slice(0, OLDEST_FIRST)
      .map((payload) => ({ ...payload, lane: 'interactive' as const }))
    await enqueue(syncRepairOrder, oldest, 'lift')
    const open = await backfills.listOpen()
    await enqueue(
      backfillWindow,
      open.map(({ shopTmId, backfillId }) => ({ shop: shopTmId, backfill: backfillId })),
      'if-missing',
    )
    const parties = await enqueue(
      fetchUnknownParties,
      marks.unknownParties.map((shop) => ({ shop })),
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
    const runsLost = await failLostRuns(ctx)
    return { snapshots, days, repairOrders, parties, rechecks, runsFinished: finished, runsLost }
  },
})

type PendingItem = Awaited<
  ReturnType<QueueJobContext['services']['warehouse']['operations']['dirtyMarks']>
>['pendingItems'][number]

/** Payloads in the order of the items, each with its turn within its shop. */
const inTurns = (items: readonly PendingItem[]) => {
  const turns = new Map<number, number>()
  return items.map(({ shopTmId, ro, runId }) => {
    const turn = turns.get(shopTmId) ?? 0
    turns.set(shopTmId, turn + 1)
    return { shop: shopTmId, ro, run: runId, lane: 'repair', reason: 'sweep', turn } as const
  })
}
