// Rebuilds ROs from stored answers, without a call to TM: the same translation and the same write path as a sync.
import { AppError, failureClassOf, type FailureClass } from '../core/errors.ts'
import type { QueueJobContext } from '../core/queue-job.ts'
import { normalizeRepairOrder } from '../core/tekmetric/normalize.ts'
import { unpackRead } from '../core/tekmetric/raw-payload.ts'
import type { StoredRead } from '../core/warehouse/raw-payloads.ts'
import { describe } from './describe.ts'
import { watchFields } from './drift.ts'

type Ctx = Pick<QueueJobContext, 'services' | 'log'>

export interface ReplayInput {
  /** TM's shop number. */
  readonly shop: number
  readonly shopId: string
  readonly roTmId: number | null
  /** ISO-8601 instant. */
  readonly since: string | null
  /** Writes all rows again although nothing seems to differ. */
  readonly force: boolean
  /** Refused answers too. */
  readonly refused: boolean
}

export interface Replayed {
  readonly ro: number
  /** Of `apply_repair_order`, or `refused`. */
  readonly outcome: string
  readonly reason: string | null
  readonly snapshotStale: boolean
}

const REFUSALS: readonly FailureClass[] = ['data', 'bug']

/** One result per RO, in the order of TM ids. What cannot be stored is told and does not stop the others. */
export const replayStored = async function* (ctx: Ctx, input: ReplayInput): AsyncGenerator<Replayed, void> {
  const { shopId, roTmId, since, refused } = input
  const pages = ctx.services.warehouse.rawPayloads.newest({ shopId, roTmId, since, refused })
  for await (const page of pages) for (const stored of page) yield await replayOne(ctx, input, stored)
}

const replayOne = async (ctx: Ctx, input: ReplayInput, stored: StoredRead): Promise<Replayed> => {
  const { shop: shopTmId, shopId, force } = input
  const { ro } = stored
  try {
    const read = unpackRead(stored.payload, { shopTmId, ro, fetchedAt: stored.fetched_at })
    await watchFields(ctx, shopId, read)
    const bundle = normalizeRepairOrder(read)
    const { outcome, snapshotStale } = await ctx.services.warehouse.repairOrders.apply({
      shopId,
      runId: null,
      bundle,
      force,
    })
    return { ro, outcome, reason: null, snapshotStale }
  } catch (error) {
    if (!(error instanceof AppError) || !REFUSALS.includes(failureClassOf(error))) throw error
    return { ro, outcome: 'refused', reason: describe(error), snapshotStale: false }
  }
}
