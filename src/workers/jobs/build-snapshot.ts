// Brings the snapshots of one RO in line with metrics.md and asks for exactly the days that this changed.
// Repeating it is harmless. Retries cover one to two minutes; the RO stays `snapshot_stale` and the sweeper asks again.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'
import { rebuildDay } from './rebuild-day.ts'

export const buildSnapshot = defineQueueJob({
  name: 'build-snapshot',
  queue: 'snapshots',
  about: 'Refreshes the snapshots of one RO and marks the days they touch.',
  payload: z.object({
    shop: z.int().positive(),
    ro: z.int().positive(),
    /** Asked for by hand: an RO that qualifies for none gets a `manual` snapshot, stored and never counted. */
    manual: z.boolean().optional(),
  }),
  retry: { attempts: 6, backoffMs: 4_000 },
  timeoutMs: 30_000,
  // Asked for by hand, it is built.
  part: ({ manual }) => (manual === true ? null : 'snapshots'),
  // keep-last: a commit of the RO while this runs must lead to one more look at it.
  dedup: { mode: 'keep-last', id: ({ shop, ro }) => `${shop}.${ro}` },
  fansOutTo: [rebuildDay],
  run: async ({ shop, ro, manual }, { services, enqueue }) => {
    const { id } = await services.shops.byTmId(shop)
    const result = await services.warehouse.repairOrders.refreshSnapshot({
      shopId: id,
      roTmId: ro,
      manual: manual ?? false,
    })
    const days = await enqueue(
      rebuildDay,
      result.affectedDates.map((date) => ({ shop, date })),
    )
    return { outcome: result.outcome, days }
  },
})
