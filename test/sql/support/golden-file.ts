// The golden files (test/fixtures/golden): hand-worked ROs in a short form of TM's own answers, and what must come of
// them. Here the short form becomes the three answers that `readRepairOrder` returns. Nothing is computed: what a file
// leaves out is left out, or neutral as said below.
//
// - a part [quantity, cost, retail, total], labor [hours, rate, total, technician, rate on the line?],
//   a sublet [cost, retail], a fee total; or the line as TM sends it
// - every other key of a job, of `estimate` and of `header` is TM's own and goes out as written; `omit` removes keys
// - neutral: a job is not archived, has tax 0 and empty lists; the RO has no fees (`data: []`) and discount 0
// - profit [retail, cost, profit, margin], the whole answer, or "404"
import { readdirSync, readFileSync } from 'node:fs'
import type { FoundRepairOrder } from '../../../src/core/tekmetric/types.ts'

type Json = Record<string, unknown>

export type Person = 'Alpha' | 'Beta' | 'Gamma' | 'Delta' | 'Ghost' | 'One' | 'Two'

export const PEOPLE: Readonly<Record<Person, number>> = {
  Alpha: 200_457,
  Beta: 200_458,
  Gamma: 200_459,
  Delta: 200_460,
  Ghost: 209_999,
  One: 200_311,
  Two: 200_312,
}

export interface GoldenEmployee {
  readonly name: Person
  readonly role: number
  readonly hourly_rate?: number
  readonly can_perform_work: boolean
  readonly status?: 'INACTIVE'
}

/** Mean of those who are active and perform work: (3200 + 3920) / 2 = 3560. Ghost is in no list. */
export const EMPLOYEES: readonly GoldenEmployee[] = [
  { name: 'Alpha', role: 3, hourly_rate: 3200, can_perform_work: true },
  { name: 'Beta', role: 3, hourly_rate: 3920, can_perform_work: true },
  { name: 'Gamma', role: 3, can_perform_work: true },
  { name: 'Delta', role: 3, hourly_rate: 4100, can_perform_work: true, status: 'INACTIVE' },
  { name: 'One', role: 2, hourly_rate: 5000, can_perform_work: false },
  { name: 'Two', role: 2, can_perform_work: false },
]

type Pair = readonly [unknown, unknown]

/** Groups of figures; a group left out is zero, or NULL where it is a ratio, a reason or a total that TM did not send. */
export interface Expected {
  readonly snapshot?: string | null
  readonly authorized?: readonly [number, number, number, number | null]
  readonly tm?: number
  readonly variance?: Pair
  readonly method?: string
  readonly jobs?: number
  readonly parts?: Pair
  readonly labor?: readonly [number, number, number, number]
  readonly sublets?: Pair
  readonly unassigned?: Pair
  readonly fees?: number
  readonly discount?: number
  readonly tax?: number
  readonly net?: Pair
  readonly potential?: readonly [number, number, number, number]
  readonly totals?: Pair
}

interface ShortJob extends Json {
  readonly omit?: readonly string[]
}

interface ShortForm {
  readonly status?: number
  readonly posted?: string | null
  readonly completed?: string | null
  readonly advisor?: Person | null
  readonly jobs?: readonly ShortJob[]
  readonly estimate?: ShortJob
  readonly header?: Json
  readonly profit?: '404' | readonly unknown[] | Json
  readonly expect?: Expected
}

export interface GoldenOrder extends ShortForm {
  readonly name: string
  readonly why: string
}

export interface ExpectedDay {
  readonly shop: Json
  readonly technicians: Readonly<Record<string, Json>>
  readonly advisors: Readonly<Record<string, Json>>
}

export interface GoldenFile {
  readonly file: string
  readonly timezone: string
  readonly defaultCost: number
  readonly employees: readonly GoldenEmployee[]
  readonly day: string
  readonly orders: readonly GoldenOrder[]
  readonly expectDay: ExpectedDay | null
}

interface Written {
  readonly day: string
  readonly shop?: { timezone?: string; default_tech_hourly_cost?: number; employees?: GoldenEmployee[] }
  readonly common?: ShortForm
  readonly repairOrders: readonly GoldenOrder[]
  readonly expectDay?: ExpectedDay
}

const folder = new URL('../../fixtures/golden/', import.meta.url)

const load = (file: string): GoldenFile => {
  const written = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Written
  const { shop = {}, common = {}, repairOrders, day, expectDay = null } = written
  return {
    file,
    timezone: shop.timezone ?? 'America/New_York',
    defaultCost: shop.default_tech_hourly_cost ?? 2500,
    employees: shop.employees ?? EMPLOYEES,
    day,
    orders: repairOrders.map((order) => ({
      ...common,
      ...order,
      expect: { snapshot: `posted ${day}`, ...common.expect, ...order.expect },
    })),
    expectDay,
  }
}

export const goldenFiles = (): GoldenFile[] => readdirSync(folder).toSorted().map(load)

const STATUSES = [
  '',
  'ESTIMATE',
  'WORKINPROGRESS',
  'COMPLETE',
  'SAVEDFORLATER',
  'POSTED',
  'ACCRECV',
  'DELETED',
]

const personNamed = (name: unknown, rate?: unknown): Json | null =>
  typeof name === 'string'
    ? {
        id: PEOPLE[name as Person],
        firstName: 'Tech',
        lastName: name,
        fullName: `Tech ${name}`,
        ...(rate === undefined ? {} : { hourlyRate: rate }),
      }
    : null

const without = (object: Json, keys: readonly string[] = []): Json =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== 'omit' && !keys.includes(key)))

type Lines = readonly unknown[] | null

const lines = (written: unknown, expand: (line: readonly unknown[]) => Json): Lines =>
  written === null
    ? null
    : ((written ?? []) as readonly unknown[]).map((line) => {
        if (Array.isArray(line)) return expand(line as readonly unknown[])
        return typeof line === 'number' ? expand([line]) : line
      })

const jobAsSent = ({ omit, ...job }: ShortJob, id: number): Json =>
  without(
    {
      id,
      name: `Job ${id}`,
      selected: true,
      archived: false,
      declined: null,
      authorizedDate: job['authorized'] === true ? '2026-03-03T15:48:52.364767646Z' : null,
      tax: 0,
      ...job,
      parts: lines(job['parts'], ([quantity, cost, retail, total]) => ({ quantity, cost, retail, total })),
      labor:
        lines(job['labor'], ([hours, rate, total, technician, ownRate]) => ({
          hours,
          rate,
          total,
          technician: personNamed(technician, ownRate),
        }))?.map((line) => nameTechnician(line as Json)) ?? null,
      sublets: lines(job['sublets'], ([cost, retail]) => ({ name: 'Sublet', cost, retail })),
      fees: lines(job['fees'], ([total]) => ({ name: 'Fee', total })),
    },
    omit,
  )

/** A line written out may name its technician shortly. */
const nameTechnician = (line: Json): Json =>
  typeof line['technician'] === 'string' ? { ...line, technician: personNamed(line['technician']) } : line

const profitAsSent = (profit: GoldenOrder['profit']): unknown => {
  if (!Array.isArray(profit)) return profit === '404' ? null : (profit ?? null)
  const [retail, cost, sum, margin] = profit as readonly unknown[]
  return { labor: [], totalProfit: { retail, cost, profit: sum, margin } }
}

export interface SentOptions {
  readonly shopTmId: number
  readonly ro: number
  readonly day: string
}

/** TM's answers for a hand-worked RO, as `readRepairOrder` returns them. */
export const answersOf = (order: GoldenOrder, { shopTmId, ro, day }: SentOptions): FoundRepairOrder => {
  const { status = 5, advisor = 'One', estimate = {}, header = {}, jobs = [], profit } = order
  const { posted = status === 5 || status === 6 ? `${day}T20:00:00Z` : null, completed = posted } = order
  return {
    kind: 'found',
    shopTmId,
    ro,
    header: {
      id: ro,
      repairOrderNumber: ro,
      repairOrderStatus: { id: status, code: STATUSES[status], name: STATUSES[status] },
      customer: { id: 55_120_388, firstName: 'Sample', lastName: 'Customer' },
      serviceWriter:
        advisor === null ? null : { id: PEOPLE[advisor], firstName: 'Writer', lastName: advisor },
      jobs: null,
      createdDate: '2026-02-20T13:20:11Z',
      updatedDate: '2026-03-06T12:00:00Z',
      postedDate: posted,
      completedDate: completed,
      ...header,
    },
    estimate: without(
      {
        id: ro,
        repairOrderNumber: ro,
        fees: { data: [] },
        discount: 0,
        subtotal: null,
        ...estimate,
        jobs: jobs.map((job, index) => jobAsSent(job, ro * 100 + index)),
      },
      estimate.omit,
    ),
    profitLabor: profitAsSent(profit),
    profitMissing: profit === '404',
    fetchedAt: '2026-03-06T12:00:05.000Z',
  }
}

/** Every figure of an RO by its column. */
export const columnsOf = (expected: Expected): Json => {
  const { authorized = [0, 0, 0, null], labor = [0, 0, 0, 0], potential = [0, 0, 0, 0] } = expected
  const { variance = [null, null], parts = [0, 0], sublets = [0, 0], unassigned = [0, 0] } = expected
  const { net = [0, 0], totals = [null, null] } = expected
  return {
    authorized_revenue: authorized[0],
    authorized_cost: authorized[1],
    authorized_profit: authorized[2],
    authorized_gp_percent: authorized[3],
    tm_reported_gp_percent: expected.tm ?? null,
    variance_percent: variance[0],
    variance_reason: variance[1],
    calculation_method: expected.method ?? 'TRUE_GP',
    authorized_job_count: expected.jobs ?? 0,
    parts_revenue: parts[0],
    parts_cost: parts[1],
    labor_revenue: labor[0],
    labor_cost: labor[1],
    labor_hours: labor[2],
    estimated_labor_cost: labor[3],
    sublet_revenue: sublets[0],
    sublet_cost: sublets[1],
    unassigned_labor_hours: unassigned[0],
    unassigned_labor_revenue: unassigned[1],
    fees_total: expected.fees ?? 0,
    discount_total: expected.discount ?? 0,
    tax_total: expected.tax ?? 0,
    net_sales: net[0],
    net_profit: net[1],
    potential_revenue: potential[0],
    potential_job_count: potential[1],
    declined_revenue: potential[2],
    pending_revenue: potential[3],
    authorized_total: totals[0],
    potential_total: totals[1],
  }
}
