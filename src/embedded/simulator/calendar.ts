// Which repair orders are created on which shop day, and when. Numbers follow from the calendar alone: the share of
// each weekday, scaled so that the initial period holds the number of ROs asked for.
import { addDays, atLocal, dayWeight, localDate } from './local-time.ts'
import type { SimShop } from './model.ts'
import { randomStream } from './random.ts'

export interface PlannedArrival {
  readonly ordinal: number
  readonly at: number
}

export interface ShopCalendar {
  readonly firstDay: string
  /** The next day that has not been planned. */
  nextDay(): string
  /** Plans one more day and returns its arrivals, oldest first. */
  planDay(): { date: string; arrivals: PlannedArrival[] }
}

/** @param options.now milliseconds; the period is the `days` calendar days before it, and its own day. */
export const createCalendar = (
  shop: SimShop,
  options: { seed: number; now: number; days: number },
): ShopCalendar => {
  const today = localDate(options.now, shop.timeZone)
  const firstDay = addDays(today, -options.days)
  let totalWeight = 0
  for (let date = firstDay; date <= today; date = addDays(date, 1)) totalWeight += dayWeight(date)
  const perWeight = totalWeight === 0 ? 0 : shop.repairOrders / totalWeight
  let next = firstDay
  let weightSoFar = 0
  return {
    firstDay,
    nextDay: () => next,
    planDay: () => {
      const date = next
      const from = Math.floor(weightSoFar * perWeight + 1e-9)
      weightSoFar += dayWeight(date)
      const to = Math.floor(weightSoFar * perWeight + 1e-9)
      next = addDays(date, 1)
      const arrivals = Array.from({ length: to - from }, (_, i) => {
        const random = randomStream(options.seed, shop.tmId, 'arrival', from + i)
        return { ordinal: from + i, at: atLocal(date, random.between(7.5, 16.8), shop.timeZone) }
      })
      return { date, arrivals: arrivals.toSorted((a, b) => a.at - b.at) }
    },
  }
}
