// Brings a shop's employees up to date, with pay where TM shows it. Repeating it is harmless.
import { z } from 'zod'
import { defineQueueJob } from '../../core/queue-job.ts'
import { runErrorOf } from '../describe.ts'
import { readAndWriteEmployees } from '../employees.ts'
import { runOf } from '../run.ts'

export const syncEmployees = defineQueueJob({
  name: 'sync-employees',
  queue: 'discovery',
  about: 'Reads the list of employees of one shop and writes what changed.',
  payload: z.object({
    shop: z.int().positive(),
    trigger: z.enum(['schedule', 'cli', 'api']),
    run: z.uuid().optional(),
  }),
  retry: { attempts: 6, backoffMs: 4_000 },
  timeoutMs: 300_000,
  callsTekmetric: true,
  part: ({ trigger }) => (trigger === 'schedule' ? 'lists' : null),
  dedup: { mode: 'skip', id: ({ shop, run }) => `${shop}.${run ?? 'schedule'}` },
  fansOutTo: [],
  run: async (payload, ctx) => {
    const runs = ctx.services.warehouse.runs
    const runId = await runOf(ctx, { kind: 'employees', ...payload })
    const { fetched, created, updated, unchanged } = await readAndWriteEmployees(ctx, payload.shop, runId)
    await runs.closeListing({
      runId,
      // What was created and updated are items of the run by now: a retry does not count them as unchanged.
      listing: { seen: fetched, unchanged, truncated: false },
    })
    await runs.finish({ runId })
    return { fetched, created, updated, unchanged }
  },
  onFailed: async (payload, ctx, error) => {
    const runId = await runOf(ctx, { kind: 'employees', ...payload })
    await ctx.services.warehouse.runs.fail({ runId, error: runErrorOf(error) })
  },
})
