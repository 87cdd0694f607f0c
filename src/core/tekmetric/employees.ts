// The people of a shop. The lite list has everybody, also those who left (historical ROs name them), but no pay;
// the full record has the pay and is 404 for deleted people. Only what the warehouse needs leaves this file:
// no address, no permissions, no account.
import { UpstreamForbidden } from '../errors.ts'
import { parseAnswer } from './parse-answer.ts'
import { routeTo } from './routes.ts'
import { employeeSchema, rowsOf, type Employee } from './schema-listings.ts'
import type { Transport } from './transport.ts'
import type { CallOptions } from './types.ts'

/** Columns of `employees`. A lite row knows no pay: it lacks those keys, so that it never erases what is known. */
export interface EmployeeRow {
  readonly tm_id: number
  readonly first_name: string | null
  readonly last_name: string | null
  readonly email: string | null
  readonly role: number | null
  readonly role_name: string | null
  /** null when TM says neither: unknown is not active. */
  readonly status: 'ACTIVE' | 'INACTIVE' | null
  readonly can_perform_work: boolean | null
  readonly tm_created_at: string | null
  readonly tm_updated_at: string | null
  readonly lite: boolean
  /** Cents per hour; null for flat rate and salary. */
  readonly hourly_rate?: number | null
  /** Cents per year. */
  readonly salary?: number | null
  readonly pay_type?: string | null
}

const PAGE_SIZE = 500
const MAX_PAGES = 20
/** Keeps a daily list polite; the budget shapes it anyway. */
const CONCURRENCY = 4

const employeeRows = rowsOf(employeeSchema)

/** @returns everybody TM lists, once; a person without a full record as a lite row */
export const employees = async (transport: Transport, call: CallOptions): Promise<EmployeeRow[]> => {
  const lite = await liteRecords(transport, call)
  const rows: EmployeeRow[] = []
  const queue = lite.entries()
  let mayReadFull = true
  const work = async (): Promise<void> => {
    for (const [index, person] of queue) {
      if (!mayReadFull) {
        rows[index] = rowOf(person, { lite: true })
        continue
      }
      try {
        const full = await fullRecord(transport, call, person.id)
        rows[index] = full ? rowOf(full, { lite: false, fallback: person }) : rowOf(person, { lite: true })
      } catch (err) {
        // The list was allowed, the record is not: this login may not see pay. Everything else still works.
        if (!(err instanceof UpstreamForbidden) || err.details['status'] !== 403) throw err
        mayReadFull = false
        rows[index] = rowOf(person, { lite: true })
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work))
  return rows
}

/** Pages until a short, empty or repeated one. */
const liteRecords = async (transport: Transport, call: CallOptions): Promise<Employee[]> => {
  const { shopTmId, signal, lane } = call
  const found = new Map<number, Employee>()
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query = { status: 'ALL', size: PAGE_SIZE, ...(page > 0 ? { page } : {}) }
    const route = routeTo('employeesLite', { params: { shop: shopTmId }, query })
    const answer = await transport.ask({ shopTmId, signal, lane, route })
    const people = parseAnswer(employeeRows, answer, { shop: shopTmId, route: route.template, page })
    const known = found.size
    for (const person of people) if (!found.has(person.id)) found.set(person.id, person)
    if (people.length < PAGE_SIZE || found.size === known) break
  }
  return [...found.values()]
}

const fullRecord = async (
  transport: Transport,
  { shopTmId, signal, lane }: CallOptions,
  employee: number,
): Promise<Employee | null> => {
  const route = routeTo('employee', { params: { shop: shopTmId, employee } })
  const found = await transport.askOrGone({ shopTmId, signal, lane, route })
  if (found.gone) return null
  return parseAnswer(employeeSchema, found.answer, { shop: shopTmId, route: route.template, employee })
}

const statusOf = ({ disabled, deactivated, active }: Employee): EmployeeRow['status'] => {
  if (disabled === true || deactivated === true || active === false) return 'INACTIVE'
  return disabled === false || deactivated === false || active === true ? 'ACTIVE' : null
}

const rowOf = (
  person: Employee,
  { lite, fallback }: { readonly lite: boolean; readonly fallback?: Employee },
): EmployeeRow => ({
  tm_id: fallback?.id ?? person.id,
  first_name: person.firstName ?? fallback?.firstName ?? null,
  last_name: person.lastName ?? fallback?.lastName ?? null,
  email: person.email ?? fallback?.email ?? null,
  role: person.employeeRole.id ?? fallback?.employeeRole.id ?? null,
  role_name: person.employeeRole.name ?? fallback?.employeeRole.name ?? null,
  status: statusOf(person) ?? (fallback ? statusOf(fallback) : null),
  can_perform_work: person.canPerformWork ?? fallback?.canPerformWork ?? null,
  tm_created_at: person.createdDate ?? fallback?.createdDate ?? null,
  tm_updated_at: person.updatedDate ?? fallback?.updatedDate ?? null,
  lite,
  ...(lite
    ? {}
    : {
        hourly_rate: person.hourlyRate,
        salary: person.salary,
        pay_type: person.employeePayType.code ?? person.employeePayType.name,
      }),
})
