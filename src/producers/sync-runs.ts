// Asks for a sync run of a shop: its repair orders, or one of the lists TM gives as a whole.
import type { Shop } from '../core/warehouse/warehouse.ts'
import { discoverRepairOrders } from '../workers/jobs/discover-repair-orders.ts'
import { syncCustomers } from '../workers/jobs/sync-customers.ts'
import { syncEmployees } from '../workers/jobs/sync-employees.ts'
import { syncVehicles } from '../workers/jobs/sync-vehicles.ts'
import type { Asker, Producer } from './producer.ts'

export const BOARDS = ['ACTIVE', 'POSTED', 'COMPLETE', 'ALL'] as const

/** What TM lists as a whole. */
export const LISTS = ['employees', 'customers', 'vehicles'] as const
export type List = (typeof LISTS)[number]
const LIST_JOBS = { employees: syncEmployees, customers: syncCustomers, vehicles: syncVehicles } as const

interface Request {
  readonly shop: Shop
  readonly trigger: Asker
  /** The same key asks for the same run, however often. */
  readonly requestKey?: string | undefined
}

export interface RepairOrdersRequest extends Request {
  /** Window of posted ROs in shop-local days. */
  readonly daysBack: number
  readonly board: (typeof BOARDS)[number]
  /** At most so many of the ROs that differ. */
  readonly limit?: number | undefined
  /** Keep TM's answers as they came, whatever STORE_RAW_PAYLOADS says. */
  readonly storeRaw?: boolean | undefined
}

const startRun = async (
  { services }: Producer,
  { shop, trigger, requestKey }: Request,
  { kind, params }: { kind: 'repair-orders' | List; params: Readonly<Record<string, unknown>> },
): Promise<string> => {
  const keyed = requestKey === undefined ? {} : { requestKey }
  const { runId } = await services.warehouse.runs.start({ shopId: shop.id, kind, trigger, params, ...keyed })
  return runId
}

/** Lists the ROs of a shop and syncs those that differ. @returns the run */
export const requestRepairOrders = async (
  producer: Producer,
  request: RepairOrdersRequest,
): Promise<{ runId: string }> => {
  const { shop, trigger, daysBack, board, limit, storeRaw = false } = request
  const given = {
    daysBack,
    board,
    ...(limit === undefined ? {} : { limit }),
    ...(storeRaw ? { storeRaw } : {}),
  }
  const runId = await startRun(producer, request, { kind: 'repair-orders', params: given })
  await producer.queueJobs.request(discoverRepairOrders, {
    shop: shop.tmId,
    source: 'all',
    lane: 'incremental',
    trigger,
    run: runId,
    ...given,
  })
  return { runId }
}

/** Reads a list of TM and writes what changed. @returns the run */
export const requestList = async (
  producer: Producer,
  { kind, ...request }: Request & { readonly kind: List },
): Promise<{ runId: string }> => {
  const { shop, trigger } = request
  const runId = await startRun(producer, request, { kind, params: {} })
  await producer.queueJobs.request(LIST_JOBS[kind], { shop: shop.tmId, trigger, run: runId })
  return { runId }
}
