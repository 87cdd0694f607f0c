// What benches ask of the program: a listing of a shop, and to know when it has ended.
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunProgress } from '../src/core/warehouse/runs.ts'
import type { Program } from '../src/program.ts'
import { discoverRepairOrders } from '../src/workers/jobs/discover-repair-orders.ts'
import { syncEmployees } from '../src/workers/jobs/sync-employees.ts'

const POLL_MS = 50

export interface Ask {
  readonly shop: number
  readonly source: 'board' | 'report' | 'sweep' | 'all'
  readonly daysBack: number
}

/** Asks for a discovery in the incremental lane. @returns its run */
export const ask = async ({ services, queueJobs }: Program, { shop, ...what }: Ask): Promise<string> => {
  const { id: shopId } = await services.shops.byTmId(shop)
  const { runId } = await services.warehouse.runs.start({
    shopId,
    kind: 'repair-orders',
    trigger: 'cli',
    params: what,
  })
  await queueJobs.request(discoverRepairOrders, {
    shop,
    ...what,
    lane: 'incremental',
    trigger: 'cli',
    run: runId,
  })
  return runId
}

export const untilRun = async (
  { services }: Program,
  runId: string,
  reached: (run: RunProgress) => boolean,
): Promise<RunProgress> => {
  for (;;) {
    const run = await services.warehouse.runs.progress({ runId })
    if (run.status === 'failed') throw new Error(`the run failed: ${JSON.stringify(run.error)}`)
    if (reached(run)) return run
    await sleep(POLL_MS)
  }
}

export const ended = ({ listedAt, pending }: RunProgress): boolean => listedAt !== null && pending === 0

/** Employees come before the first RO of a shop; benches want that behind them. */
export const syncEmployeesOf = async ({ services, queueJobs }: Program, shop: number): Promise<void> => {
  const { id: shopId } = await services.shops.byTmId(shop)
  const run = { shopId, kind: 'employees', trigger: 'cli', params: {} }
  const { runId } = await services.warehouse.runs.start(run)
  await queueJobs.request(syncEmployees, { shop, trigger: 'cli', run: runId })
  while ((await services.warehouse.runs.progress({ runId })).status !== 'finished') await sleep(POLL_MS)
}
