// Lists that TM gives as a whole (employees, customers, vehicles) on their way into the warehouse.
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Upserted } from './shapes.ts'

const ROWS_PER_CALL = 1_000

export interface ListedRows<Row> {
  readonly shopId: string
  readonly rows: readonly Row[]
  /** With a run each row counts once in it, however often it is sent; `unchanged` then leaves out what it recorded before. */
  readonly runId?: string | null
}

/** Creates and updates; equal rows are not touched, nothing is deleted. */
export const upsertListed = async <Row>(
  api: WarehouseApi,
  name: 'upsert_employees' | 'upsert_customers' | 'upsert_vehicles',
  { shopId, rows, runId = null }: ListedRows<Row>,
): Promise<Upserted> => {
  const total = { created: 0, updated: 0, unchanged: 0 }
  for (let from = 0; from < rows.length; from += ROWS_PER_CALL) {
    const part = rows.slice(from, from + ROWS_PER_CALL)
    const done = await callRpc(api, name, { p_shop_id: shopId, p_rows: part, p_run_id: runId }, Upserted)
    total.created += done.created
    total.updated += done.updated
    total.unchanged += done.unchanged
  }
  return total
}
