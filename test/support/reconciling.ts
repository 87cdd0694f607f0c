// Reconciling in a test: ask, wait for the run, look at the days.
import type { ReconciledDay } from '../../src/core/warehouse/reconciliations.ts'
import { requestReconcile } from '../../src/producers/reconcile.ts'
import type { Pipeline } from './pipeline.ts'

export interface Reconciled {
  readonly runId: string
  readonly days: readonly ReconciledDay[]
  /** Days of the range by state. */
  readonly states: Readonly<Record<string, number>>
}

/** Reconciles a range as `warehouse reconcile --wait` does. @throws Error when the run fails or does not end */
export const reconcile = async (
  pipeline: Pipeline,
  { shop, from, to }: { readonly shop: number; readonly from: string; readonly to: string },
): Promise<Reconciled> => {
  const { warehouse, shops } = pipeline.services
  const { runId } = await requestReconcile(pipeline, { shopTmId: shop, from, to, trigger: 'cli' })
  await pipeline.quiet()
  const run = await warehouse.runs.progress({ runId })
  if (run.status !== 'finished') throw new Error(`the run has not finished: ${JSON.stringify(run)}`)
  const { id: shopId } = await shops.byTmId(shop)
  const days = await warehouse.reconciliations.days({ shopId, from, to })
  const states: Record<string, number> = {}
  for (const { state } of days) states[state] = (states[state] ?? 0) + 1
  return { runId, days, states }
}

/** The ROs that the differences of some days name. */
export const namedIn = (days: readonly ReconciledDay[]): number[] => [
  ...new Set(days.flatMap(({ differences }) => differences.flatMap(({ ro }) => ro ?? []))),
]
