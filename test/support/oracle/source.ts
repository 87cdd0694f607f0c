// The simulator's state seen as the source it plays: who works in a shop and what an hour costs, by our rule and by TM's.
import type { SimEmployee, SimLabor, SimRepairOrder, Truth } from '../../../src/embedded/simulator/model.ts'
import { decimal, divide, sum, timesCents } from './exact.ts'

export type RateSource = 'assigned' | 'shop_avg' | 'default'

export interface HourCost {
  /** Cents per hour. */
  readonly cents: bigint
  readonly source: RateSource
}

export interface SourceShop {
  readonly tmId: number
  readonly timeZone: string
  /** What an hour of this line costs by metrics.md. */
  hourCost(line: SimLabor): HourCost
  /** What TM's own `/profit/labor` takes an hour of this line for, cents. */
  tmHourCost(line: SimLabor): bigint
  employee(id: number | null): SimEmployee | undefined
}

/** `shops.default_tech_hourly_cost` where nobody changed it. */
const DEFAULT_HOUR_COST = 2500n

/** The pay TM shows us: the full record of a listed person. */
const shownRate = (person: SimEmployee | undefined): bigint | null =>
  person === undefined || !person.listed || !person.hasFullRecord || person.hourlyRate === null
    ? null
    : BigInt(person.hourlyRate)

const meanRate = (people: readonly SimEmployee[]): bigint | null => {
  const rates = people.filter((person) => person.active && person.canPerformWork).map(shownRate)
  const known = rates.filter((rate) => rate !== null)
  return known.length === 0
    ? null
    : divide(
        sum(known, (rate) => rate),
        BigInt(known.length),
      )
}

/** @param rateOnLine the technician's rate that the estimate carries with a labor line, cents; null when it carries none */
export type RateOnLine = (line: SimLabor, technician: SimEmployee) => number | null

export const sourceShops = (truth: Truth, rateOnLine: RateOnLine): ReadonlyMap<number, SourceShop> =>
  new Map(
    truth.shops.map((shop) => {
      const people = truth.employees.filter((person) => person.shopTmId === shop.tmId)
      const byId = new Map(people.map((person) => [person.id, person]))
      const mean = meanRate(people)
      const hourCost = (line: SimLabor): HourCost => {
        const technician = line.technicianId === null ? undefined : byId.get(line.technicianId)
        const carried = technician === undefined ? null : rateOnLine(line, technician)
        const own = carried === null ? shownRate(technician) : BigInt(carried)
        if (own !== null) return { cents: own, source: 'assigned' }
        if (mean !== null) return { cents: mean, source: 'shop_avg' }
        return { cents: DEFAULT_HOUR_COST, source: 'default' }
      }
      const tmHourCost = (line: SimLabor): bigint => {
        const technician = line.technicianId === null ? undefined : byId.get(line.technicianId)
        return BigInt(technician?.hourlyRate ?? shop.averageTechnicianRate ?? 0)
      }
      const employee = (id: number | null) => (id === null ? undefined : byId.get(id))
      return [shop.tmId, { tmId: shop.tmId, timeZone: shop.timeZone, hourCost, tmHourCost, employee }]
    }),
  )

/** Cents of a labor line at a cost per hour. */
export const laborCents = (line: SimLabor, hourCents: bigint): bigint =>
  timesCents(decimal(line.hours), hourCents)

const formatters = new Map<string, Intl.DateTimeFormat>()

/** The calendar day on the shop's wall when an instant happened. */
export const localDay = (instant: string, timeZone: string): string => {
  const known = formatters.get(timeZone)
  const format =
    known ?? new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' })
  if (known === undefined) formatters.set(timeZone, format)
  return format.format(new Date(instant))
}

const STATUS_CODES = [
  '',
  'ESTIMATE',
  'WORKINPROGRESS',
  'COMPLETE',
  'SAVEDFORLATER',
  'POSTED',
  'ACCRECV',
  'DELETED',
] as const

export const statusCode = (ro: SimRepairOrder): string => STATUS_CODES[ro.statusId]

/** Where an RO counts, by its status first and its dates second. */
export const countedOn = (
  ro: SimRepairOrder,
  timeZone: string,
): { readonly trigger: 'posted' | 'completed'; readonly date: string } | null => {
  const closed = ro.statusId === 5 || ro.statusId === 6
  if (closed && ro.postedDate !== null) return { trigger: 'posted', date: localDay(ro.postedDate, timeZone) }
  if ((closed || ro.statusId === 3) && ro.completedDate !== null)
    return { trigger: 'completed', date: localDay(ro.completedDate, timeZone) }
  return null
}
