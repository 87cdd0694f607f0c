// What a backfill will cost before it starts: ROs, calls to TM, minutes. Arithmetic only.
import { daysIn } from './day-ranges.ts'
import { floorOf } from './tekmetric/lanes.ts'

/** Rows of one page of TM's report. */
const PAGE_ROWS = 100
/** Header, estimate, profit/labor. */
const CALLS_PER_RO = 3
/** Posted ROs a day of a shop about which nothing is known yet. */
const USUAL_PER_DAY = 20
/** What the backfill lane keeps while every other lane is busy. */
const BACKFILL_FLOOR = floorOf('backfill')

export interface ForecastInput {
  /** Shop-local days, both included. */
  readonly from: string
  readonly to: string
  readonly windowDays: number
  /** TM's own count of posted ROs; null when it does not say. */
  readonly counted: number | null
  /** Of them in the warehouse already: they are listed, not read. */
  readonly stored: number
  /** What the shop posts a day lately; null when nothing is known. */
  readonly perDay: number | null
  readonly requestsPerMinute: number
}

export interface BackfillForecast {
  readonly days: number
  readonly windows: number
  /** Posted ROs of the range, and where that number is from. */
  readonly ros: number
  readonly basis: 'counted by TM' | 'estimated from stored days' | 'guessed'
  /** Of them to be read. */
  readonly toRead: number
  readonly calls: { readonly listing: number; readonly reading: number; readonly total: number }
  /** With the whole budget, and with the floor that is left while live sync uses all of the rest. */
  readonly minutes: { readonly alone: number; readonly atFloor: number }
  readonly budget: { readonly requestsPerMinute: number; readonly floor: number }
}

const countOf = ({ counted, perDay, stored }: ForecastInput, days: number) => {
  if (counted !== null) return { ros: counted, basis: 'counted by TM' } as const
  if (perDay !== null)
    return { ros: Math.max(stored, Math.round(perDay * days)), basis: 'estimated from stored days' } as const
  return { ros: USUAL_PER_DAY * days, basis: 'guessed' } as const
}

const oneDecimal = (value: number): number => Math.ceil(value * 10) / 10

/** Every window costs a page at least; an RO that is not stored three calls at most. */
export const forecastOf = (input: ForecastInput): BackfillForecast => {
  const { requestsPerMinute, stored } = input
  const days = daysIn(input)
  const windows = Math.ceil(days / input.windowDays)
  const { ros, basis } = countOf(input, days)
  const toRead = Math.max(0, ros - stored)
  const listing = windows * Math.max(1, Math.ceil(ros / windows / PAGE_ROWS))
  const reading = toRead * CALLS_PER_RO
  const total = listing + reading
  return {
    days,
    windows,
    ros,
    basis,
    toRead,
    calls: { listing, reading, total },
    minutes: {
      alone: oneDecimal(total / requestsPerMinute),
      atFloor: oneDecimal(total / (requestsPerMinute * BACKFILL_FLOOR)),
    },
    budget: { requestsPerMinute, floor: BACKFILL_FLOOR },
  }
}
