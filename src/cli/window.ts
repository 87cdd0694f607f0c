// A window of shop-local days as commands take it: --from and --to, or --days-back from the shop's today.
import { DateTime } from 'luxon'
import { UsageError } from '../core/errors.ts'

export interface WindowFlags {
  readonly from?: string
  readonly to?: string
  readonly daysBack?: number
}

export interface Window {
  readonly from: string
  readonly to: string
}

const DEFAULT_DAYS_BACK = 3

/** @throws UsageError when both ways are mixed, or the window is backwards */
export const windowOf = (
  { from, to, daysBack }: WindowFlags,
  { timezone, today }: { timezone: string; today: Date },
): Window => {
  if (from !== undefined && daysBack !== undefined) throw new UsageError('give either --days-back or --from')
  const last =
    to === undefined
      ? DateTime.fromJSDate(today, { zone: timezone })
      : DateTime.fromISO(to, { zone: timezone })
  const lastDay = last.toISODate() ?? ''
  const firstDay = from ?? last.minus({ days: daysBack ?? DEFAULT_DAYS_BACK }).toISODate() ?? ''
  if (firstDay > lastDay) throw new UsageError(`--from ${firstDay} is after --to ${lastDay}`)
  return { from: firstDay, to: lastDay }
}
