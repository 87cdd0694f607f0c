// What sync-customers and sync-vehicles have in common: the payload, the run, and its failure.
import { z } from 'zod'
import type { QueueJobContext, QueueJobSummary } from '../core/queue-job.ts'
import type { PartyKind } from '../core/warehouse/parties.ts'
import { runErrorOf } from './describe.ts'
import { readAndWriteParties } from './party-lists.ts'
import { runOf } from './run.ts'

export const PartyListPayload = z.object({
  shop: z.int().positive(),
  trigger: z.enum(['schedule', 'cli', 'api']),
  run: z.uuid().optional(),
})
type Payload = z.output<typeof PartyListPayload>

/** Reads and writes the list for its run. The nightly list gives way to live sync; what a person asked for does not. */
export const syncPartyList = async (
  kind: PartyKind,
  payload: Payload,
  ctx: QueueJobContext,
): Promise<QueueJobSummary> => {
  const runId = await runOf(ctx, { kind, ...payload })
  const lane = payload.trigger === 'schedule' ? 'repair' : 'incremental'
  const listing = await readAndWriteParties(ctx, { kind, shop: payload.shop, lane, runId })
  const { pages, seen, unchanged, failed, truncated } = listing
  return { pages, seen, unchanged, failed, truncated }
}

/** The last failure ends the run with its reason. */
export const failPartyList = async (
  kind: PartyKind,
  payload: Payload,
  ctx: QueueJobContext,
  error: unknown,
): Promise<void> => {
  const runId = await runOf(ctx, { kind, ...payload })
  await ctx.services.warehouse.runs.fail({ runId, error: runErrorOf(error) })
}
