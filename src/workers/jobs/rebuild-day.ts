// Recomputes one shop's day (shop, technicians, advisors) from counted snapshots. Repeating it is harmless.
// Retries cover one to two minutes; after that the day is still marked and the sweeper asks again.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'

export const rebuildDay = defineQueueJob({
  name: 'rebuild-day',
  queue: 'metrics',
  about: 'Recomputes the metrics of one shop-local day.',
  payload: z.object({ shop: z.int().positive(), date: z.iso.date() }),
  retry: { attempts: 6, backoffMs: 4_000 },
  timeoutMs: 60_000,
  part: () => 'metrics',
  // Five hundred ROs of one day ask within seconds of each other: they become a handful of rebuilds (G5).
  delayMs: 1_500,
  dedup: { mode: 'keep-last', id: ({ shop, date }) => `${shop}.${date}` },
  fansOutTo: [],
  run: async ({ shop, date }, { services }) => {
    const { id } = await services.shops.byTmId(shop)
    const { changed, deleted, restated } = await services.warehouse.metrics.refreshDay({ shopId: id, date })
    return { changed, deleted, restated }
  },
})
