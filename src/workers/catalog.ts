// The list of all queue jobs: read it first.
import { PayloadInvalid } from '../core/errors.ts'
import type { AnyQueueJob } from '../core/queue-job.ts'
import { backfillWindow } from './jobs/backfill-window.ts'
import { buildSnapshot } from './jobs/build-snapshot.ts'
import { canary, canaryProbes } from './jobs/canary.ts'
import { checkCredentials } from './jobs/check-credentials.ts'
import { discoverRepairOrders } from './jobs/discover-repair-orders.ts'
import { fetchUnknownParties } from './jobs/fetch-unknown-parties.ts'
import { purgeExpired } from './jobs/purge-expired.ts'
import { rebuildDay } from './jobs/rebuild-day.ts'
import { reconcileDay } from './jobs/reconcile-day.ts'
import { sweepDirty } from './jobs/sweep-dirty.ts'
import { syncCustomers } from './jobs/sync-customers.ts'
import { syncEmployees } from './jobs/sync-employees.ts'
import { syncRepairOrder } from './jobs/sync-repair-order.ts'
import { syncVehicles } from './jobs/sync-vehicles.ts'

export const CATALOG: readonly AnyQueueJob[] = [
  discoverRepairOrders,
  backfillWindow,
  syncEmployees,
  syncCustomers,
  syncVehicles,
  fetchUnknownParties,
  syncRepairOrder,
  buildSnapshot,
  rebuildDay,
  sweepDirty,
  reconcileDay,
  checkCredentials,
  purgeExpired,
  canary,
  ...canaryProbes,
]

const byName = new Map(CATALOG.map((job) => [job.name, job]))

/** @throws PayloadInvalid for a name no release of this program knows */
export const findQueueJob = (name: string): AnyQueueJob => {
  const job = byName.get(name)
  if (job === undefined) throw new PayloadInvalid(`there is no queue job called ${name}`)
  return job
}
