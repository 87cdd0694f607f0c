// From one read of TM to the warehouse: stored, deleted, missing, or refused and put into quarantine.
import { AppError, failureClassOf } from '../core/errors.ts'
import type { QueueJobContext, QueueJobSummary } from '../core/queue-job.ts'
import type { FoundRepairOrder, RepairOrderRead } from '../core/tekmetric/client.ts'
import { normalizeRepairOrder } from '../core/tekmetric/normalize.ts'
import { keepsRaw, packRead } from '../core/tekmetric/raw-payload.ts'
import { reportRefusedFields, watchFields } from './drift.ts'
import { refusalOf } from './refusal.ts'

type Ctx = Pick<QueueJobContext, 'services' | 'log'>

export interface StoreInput {
  /** TM's shop number. */
  readonly shop: number
  readonly shopId: string
  readonly ro: number
  readonly runId: string | null
  /** Keep the answers whatever the policy says. */
  readonly storeRaw?: boolean
}

export interface Stored {
  /** The RO was marked for its snapshot. */
  readonly snapshotStale: boolean
  /** It names a customer or vehicle that was never seen in full. */
  readonly partiesUnknown: boolean
  /** When TM says that it changed, if that changed anything here. */
  readonly changedAt: string | null
  readonly summary: QueueJobSummary
}

/** Writes what a read says. @throws UpstreamChanged or DatabaseRejected of class data when it cannot be stored */
export const storeRead = async (ctx: Ctx, input: StoreInput, read: RepairOrderRead): Promise<Stored> => {
  switch (read.kind) {
    case 'found':
      return storeFound(ctx, input, read)
    case 'deleted': {
      const { updatedDate, deletedDate, fetchedAt } = read
      const { shopId, ro: roTmId, runId } = input
      const gone = { shopId, roTmId, updatedDate, deletedDate, fetchedAt, runId }
      return removed(ctx, await ctx.services.warehouse.deletions.byHeader(gone))
    }
    case 'missing':
      // A 404 is no proof of deletion: the warehouse takes it for one only in the second pass.
      return removed(
        ctx,
        await ctx.services.warehouse.repairOrders.markDeleted({
          shopId: input.shopId,
          roTmId: input.ro,
          observedAt: read.fetchedAt,
          runId: input.runId,
        }),
      )
  }
}

const CHANGED: ReadonlySet<string> = new Set(['created', 'updated'])

const storeFound = async (ctx: Ctx, input: StoreInput, read: FoundRepairOrder): Promise<Stored> => {
  const { services } = ctx
  const { shop, shopId, ro, runId, storeRaw = false } = input
  await watchFields(ctx, shopId, read)
  const bundle = normalizeRepairOrder(read)
  const keeps = storeRaw || keepsRaw(services.storeRaw ?? 'off', { shop, ro })
  const raw = keeps ? packRead(read).payload : undefined
  const applied = await services.warehouse.repairOrders.apply({ shopId, runId, bundle, raw })
  alertHeld(ctx, applied)
  return {
    snapshotStale: applied.snapshotStale,
    partiesUnknown: applied.partiesUnknown,
    changedAt: CHANGED.has(applied.outcome) ? bundle.repair_order.updated_date : null,
    summary: { outcome: applied.outcome, ...applied.counts },
  }
}

const removed = (ctx: Ctx, done: { readonly outcome: string; readonly first: boolean }): Stored => {
  alertHeld(ctx, done)
  return {
    snapshotStale: done.outcome === 'deleted',
    partiesUnknown: false,
    changedAt: null,
    summary: { outcome: done.outcome },
  }
}

/** One line however many are held: the first of them speaks. */
const alertHeld = (
  { log }: Ctx,
  { outcome, first }: { readonly outcome: string; readonly first: boolean },
) => {
  if (outcome !== 'held' || !first) return
  log.error(
    { event: 'deletions.held' },
    'too many ROs would be deleted at once: none is until a person decides (warehouse deletions list)',
  )
}

/**
 * Keeps a refusal with everything that explains it. Only errors of class data are refusals; the rest is left to the
 * queue job's retries.
 * @param read what TM answered; null when it did not
 */
export const quarantineRefused = async (
  ctx: Ctx,
  input: StoreInput & { readonly askedAt: string },
  { error, read }: { readonly error: unknown; readonly read: RepairOrderRead | null },
): Promise<void> => {
  if (!(error instanceof AppError) || failureClassOf(error) !== 'data') return
  const { shopId, ro, runId, askedAt } = input
  await reportRefusedFields(ctx, shopId, ro, error)
  const found = read?.kind === 'found' ? read : null
  const { quarantined, first } = await ctx.services.warehouse.quarantine.put({
    shopId,
    roTmId: ro,
    runId,
    fetchedAt: read?.fetchedAt ?? askedAt,
    refusal: refusalOf(error, ro, found),
  })
  if (quarantined && first)
    ctx.log.error({ event: 'repair-order.quarantined', code: error.code }, 'an RO is put into quarantine')
}
