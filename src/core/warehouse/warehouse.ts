// The warehouse as the program sees it: groups of calls over supabase-js, each one round trip and one transaction.
import { createClient } from '@supabase/supabase-js'
import { accessCalls } from './access.ts'
import { apiRequestCalls } from './api-requests.ts'
import { backfillCalls } from './backfills.ts'
import { cursorCalls } from './cursors.ts'
import { deletionCalls } from './deletions.ts'
import { employeeCalls } from './employees.ts'
import { explanationCalls } from './explanations.ts'
import { metricCalls } from './metrics.ts'
import { operationCalls } from './operations.ts'
import { customerCalls, partyCalls, vehicleCalls } from './parties.ts'
import { quarantineCalls } from './quarantine.ts'
import { rawPayloadCalls } from './raw-payloads.ts'
import { reconciliationCalls } from './reconciliations.ts'
import { repairOrderCalls } from './repair-orders.ts'
import { reportCalls } from './reports.ts'
import type { CallReport, WarehouseApi } from './rpc.ts'
import { runCalls } from './runs.ts'
import { scheduleCalls } from './schedules.ts'
import { shopCalls } from './shops.ts'
import { tokenCalls } from './tokens.ts'

export type { Shop } from './shops.ts'
export type { CallReport } from './rpc.ts'

export interface WarehouseOptions {
  /** Base address of the Supabase API. */
  readonly url: string
  /** Service key: all writes need it. */
  readonly serviceKey: string
  readonly fetch?: typeof fetch
  /** Told about every round trip, for metrics and the bench. */
  readonly onCall?: (report: CallReport) => void
  /** Default 60 s: longer than any function needs, shorter than a queue job may take. */
  readonly timeoutMs?: number
}

/** Node 20 has no WebSocket and supabase-js refuses to start without one, although nothing here subscribes. */
class NoRealtime {
  constructor() {
    throw new Error('realtime is not used by this program')
  }
}

/**
 * Makes the warehouse's client; connects only when used.
 * Every call throws DatabaseRejected: transient (away, conflict), data (refused values), bug (schema does not fit).
 */
export const createWarehouse = (options: WarehouseOptions) => {
  const client = createClient(options.url, options.serviceKey, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: NoRealtime as never },
    global: options.fetch === undefined ? {} : { fetch: options.fetch },
  })
  const api: WarehouseApi = { client, timeoutMs: options.timeoutMs ?? 60_000, onCall: options.onCall }
  return {
    shops: shopCalls(api),
    schedules: scheduleCalls(api),
    runs: runCalls(api),
    backfills: backfillCalls(api),
    repairOrders: repairOrderCalls(api),
    employees: employeeCalls(api),
    customers: customerCalls(api),
    vehicles: vehicleCalls(api),
    parties: partyCalls(api),
    tokens: tokenCalls(api),
    metrics: metricCalls(api),
    reports: reportCalls(api),
    explanations: explanationCalls(api),
    cursors: cursorCalls(api),
    operations: operationCalls(api),
    reconciliations: reconciliationCalls(api),
    deletions: deletionCalls(api),
    quarantine: quarantineCalls(api),
    rawPayloads: rawPayloadCalls(api),
    access: accessCalls(api),
    apiRequests: apiRequestCalls(api),
  }
}

export type Warehouse = ReturnType<typeof createWarehouse>
