// Employees as TM lists them.
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Upserted } from './shapes.ts'

/** A row of TM's lists under the warehouse's column names. */
export interface EmployeeInput {
  readonly tm_id: number
  readonly first_name?: string | null
  readonly last_name?: string | null
  readonly email?: string | null
  readonly role?: number | null
  readonly role_name?: string | null
  readonly status?: 'ACTIVE' | 'INACTIVE' | null
  /** Cents per hour. */
  readonly hourly_rate?: number | null
  /** Cents per year. */
  readonly salary?: number | null
  readonly pay_type?: string | null
  readonly can_perform_work?: boolean | null
  readonly tm_extra?: Readonly<Record<string, unknown>>
  readonly tm_created_at?: string | null
  readonly tm_updated_at?: string | null
  /** True for a row without pay data: what it does not say stays as it was. */
  readonly lite?: boolean
}

const ROWS_PER_CALL = 1_000

export const employeeCalls = (api: WarehouseApi) => ({
  /** Creates and updates; equal rows are not touched, nobody is deleted. */
  upsert: async ({ shopId, rows }: { shopId: string; rows: readonly EmployeeInput[] }): Promise<Upserted> => {
    const total = { created: 0, updated: 0, unchanged: 0 }
    for (let from = 0; from < rows.length; from += ROWS_PER_CALL) {
      const part = rows.slice(from, from + ROWS_PER_CALL)
      const done = await callRpc(api, 'upsert_employees', { p_shop_id: shopId, p_rows: part }, Upserted)
      total.created += done.created
      total.updated += done.updated
      total.unchanged += done.unchanged
    }
    return total
  },
})
