// Asks for TM's list of employees, customers or vehicles as the CLI does, and waits until its run has ended.
import { setTimeout as pause } from 'node:timers/promises'
import type { RunProgress } from '../../src/core/warehouse/runs.ts'
import { syncCustomers } from '../../src/workers/jobs/sync-customers.ts'
import { syncEmployees } from '../../src/workers/jobs/sync-employees.ts'
import { syncVehicles } from '../../src/workers/jobs/sync-vehicles.ts'
import type { PipelineParts } from './pipeline-parts.ts'

const JOBS = { employees: syncEmployees, customers: syncCustomers, vehicles: syncVehicles } as const
export type ListKind = keyof typeof JOBS

const POLL_MS = 25

export interface ListRequest {
  readonly shop: number
  readonly kind: ListKind
  readonly withinMs?: number
}

export const syncList = async (
  { services, queueJobs }: Pick<PipelineParts, 'services' | 'queueJobs'>,
  { shop, kind, withinMs = 60_000 }: ListRequest,
): Promise<RunProgress> => {
  const { id: shopId } = await services.shops.byTmId(shop)
  const { runs } = services.warehouse
  const { runId } = await runs.start({ shopId, kind, trigger: 'cli', params: {} })
  await queueJobs.request(JOBS[kind], { shop, trigger: 'cli', run: runId })
  const deadline = Date.now() + withinMs
  for (;;) {
    const run = await runs.progress({ runId })
    if (run.status === 'finished' || run.status === 'failed') return run
    if (Date.now() > deadline) throw new Error(`the run has not ended: ${JSON.stringify(run)}`)
    await pause(POLL_MS)
  }
}
