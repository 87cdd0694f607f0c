// A window of shop-local days as people ask for it: first and last day, or so many days back from the shop's today.
import { DateTime } from 'luxon'

export interface Window {
  readonly from: string
  readonly to: string
}

export interface WindowWish {
  readonly from?: string | undefined
  /** Default: the shop's today. */
  readonly to?: string | undefined
  /** Used without `from`; default 3. */
  readonly daysBack?: number | undefined
}

/** The present as a shop sees it. */
export interface ShopNow {
  readonly timezone: string
  /** An instant of the shop's today. */
  readonly today: Date
}

const DEFAULT_DAYS_BACK = 3

/** The shop's today as a date. */
export const todayOf = ({ timezone, today }: ShopNow): string =>
  DateTime.fromJSDate(today, { zone: timezone }).toISODate() ?? ''

/** The window may be backwards when `from` and `to` are: that is for the caller to refuse. */
export const windowFrom = ({ from, to, daysBack }: WindowWish, shop: ShopNow): Window => {
  const last = to ?? todayOf(shop)
  const back = DateTime.fromISO(last, { zone: 'UTC' }).minus({ days: daysBack ?? DEFAULT_DAYS_BACK })
  return { from: from ?? back.toISODate() ?? '', to: last }
}
