// Employees as TM lists them.
import { upsertListed, type ListedRows } from './listed-rows.ts'
import type { WarehouseApi } from './rpc.ts'

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

export const employeeCalls = (api: WarehouseApi) => ({
  upsert: (list: ListedRows<EmployeeInput>) => upsertListed(api, 'upsert_employees', list),
})
