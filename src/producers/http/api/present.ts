// How rows of ours look in an answer: snake_case as in the tables, ids and counts, no key that a reader has no use for. Reasons
// are whatever was thrown, so they are censored.
import { z } from 'zod'
import type { BackfillProgress } from '../../../core/warehouse/backfills.ts'
import type { RunProgress } from '../../../core/warehouse/runs.ts'
import { Count, outcomeCounts } from '../../../core/warehouse/shapes.ts'
import { censoredRow } from '../censor.ts'

const Instant = z.string().meta({ format: 'date-time' })

export const Run = z
  .object({
    run_id: z.uuid(),
    shop_id: z.uuid(),
    shop_tm_id: z.int(),
    kind: z.string(),
    trigger: z.string(),
    backfill_id: z.uuid().nullable().describe('The backfill whose window it reads.'),
    status: z.enum(['listing', 'syncing', 'finished', 'failed']),
    fetched: Count.describe('Sum of all outcomes below, pending included.'),
    ...outcomeCounts,
    truncated: z.boolean(),
    deletions_held: Count,
    started_at: Instant,
    listed_at: Instant.nullable(),
    finished_at: Instant.nullable(),
    error: z.unknown(),
    failures: z.array(z.looseObject({ ro: z.int(), reason: z.string() })).describe('The first 20.'),
    refused: z.array(z.looseObject({ id: z.int(), reason: z.string() })),
  })
  .meta({ id: 'Run', description: 'One sync run; counts count each RO once.' })

export const runOf = (run: RunProgress): z.input<typeof Run> => {
  const { runId, shopId, shopTmId, backfillId, startedAt, listedAt, finishedAt, deletionsHeld, ...rest } = run
  const { error, failures, refused } = rest
  return {
    run_id: runId,
    shop_id: shopId,
    shop_tm_id: shopTmId,
    backfill_id: backfillId,
    ...rest,
    ...censoredRow({ error, failures, refused }),
    deletions_held: deletionsHeld,
    started_at: startedAt,
    listed_at: listedAt,
    finished_at: finishedAt,
  }
}

export const Backfill = z
  .object({
    backfill_id: z.uuid(),
    shop_id: z.uuid(),
    shop_tm_id: z.int(),
    from: z.iso.date(),
    to: z.iso.date(),
    window_days: z.int(),
    status: z.enum(['open', 'finished']),
    working_on: z.iso.date().nullable().describe('The newest day that is being read.'),
    windows: z.record(z.string(), Count),
    pages: Count.describe('Of the report of posted repair orders, read so far.'),
    ros: z.record(z.string(), Count),
    truncated: z.boolean(),
    failures: z
      .array(z.looseObject({ ro: z.int().nullable(), reason: z.string() }))
      .describe('The first 20; `ro` is null when the days could not be listed.'),
    forecast: z.record(z.string(), z.unknown()).describe('What was expected before it began.'),
    started_at: Instant,
    finished_at: Instant.nullable(),
  })
  .meta({ id: 'Backfill', description: 'A backfill: windows and ROs by state.' })

export const backfillOf = (state: BackfillProgress): z.input<typeof Backfill> => {
  const { backfillId, shopId, shopTmId, windowDays, startedAt, finishedAt, workingOn, windows, ...rest } =
    state
  const { withFailures, ...counts } = windows
  return {
    backfill_id: backfillId,
    shop_id: shopId,
    shop_tm_id: shopTmId,
    window_days: windowDays,
    ...rest,
    failures: censoredRow(rest.failures),
    windows: { ...counts, with_failures: withFailures },
    working_on: workingOn,
    started_at: startedAt,
    finished_at: finishedAt,
  }
}

/** What an enqueueing route answers when it waited. */
export const Waited = {
  finished: z.boolean().optional().describe('Only with wait=true: whether it ended in time.'),
  shop_paused_at: Instant.optional().describe(
    'It did not, and the shop is paused since then: Tekmetric refuses its token. It goes on once one works.',
  ),
  left: z
    .object({ snapshots: z.int(), days: z.int() })
    .optional()
    .describe('Snapshots and days of the shop that are still to be computed, whoever asked for them.'),
}
