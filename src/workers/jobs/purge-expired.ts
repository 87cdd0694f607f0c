// Deletes what has outlived its use: raw payloads past their date, old log rows.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'

export const purgeExpired = defineQueueJob({
  name: 'purge-expired',
  queue: 'maintenance',
  about: 'Deletes expired raw payloads and old log rows.',
  payload: z.object({}),
  retry: { attempts: 3, backoffMs: 10_000 },
  timeoutMs: 300_000,
  dedup: { mode: 'skip', id: () => 'all' },
  fansOutTo: [],
  run: async (_payload, { services }) => {
    const { rawPayloads, syncLog } = await services.warehouse.operations.purgeExpired()
    return { rawPayloads, syncLog }
  },
})
