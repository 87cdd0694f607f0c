// A window of shop-local days as commands take it: --from and --to, or --days-back from the shop's today.
import { UsageError } from '../core/errors.ts'
import { todayOf, windowFrom, type ShopNow, type Window } from '../producers/window.ts'

export interface WindowFlags {
  readonly from?: string
  readonly to?: string
  readonly daysBack?: number
}

/** @throws UsageError when both ways are mixed, or the window is backwards */
export const windowOf = (flags: WindowFlags, shop: ShopNow): Window => {
  if (flags.from !== undefined && flags.daysBack !== undefined)
    throw new UsageError('give either --days-back or --from')
  const window = windowFrom(flags, shop)
  if (window.from > window.to) throw new UsageError(`--from ${window.from} is after --to ${window.to}`)
  return window
}

/** @throws UsageError naming the flag, for a day after the shop's today */
export const refuseFuture = (flag: string, day: string, shop: ShopNow): void => {
  const today = todayOf(shop)
  if (day > today) throw new UsageError(`${flag} ${day} is yet to come: the shop's today is ${today}`)
}
