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

const DEFAULT_DAYS_BACK = 3

/** The window may be backwards when `from` and `to` are: that is for the caller to refuse. */
export const windowFrom = (
  { from, to, daysBack }: WindowWish,
  { timezone, today }: { readonly timezone: string; readonly today: Date },
): Window => {
  const last =
    to === undefined
      ? DateTime.fromJSDate(today, { zone: timezone })
      : DateTime.fromISO(to, { zone: timezone })
  return {
    from: from ?? last.minus({ days: daysBack ?? DEFAULT_DAYS_BACK }).toISODate() ?? '',
    to: last.toISODate() ?? '',
  }
}
