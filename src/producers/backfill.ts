// Asks for a backfill: says what it will cost, opens it, or goes on with the shop's open one.
import { forecastOf, type BackfillForecast } from '../core/backfill-forecast.ts'
import { UsageError } from '../core/errors.ts'
import type { Services } from '../core/services.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { backfillWindow } from '../workers/jobs/backfill-window.ts'
import { sweepDirty } from '../workers/jobs/sweep-dirty.ts'
import type { Asker, Producer } from './producer.ts'
import { todayOf, type Window } from './window.ts'

/** Days per window, at most: a month of a large shop is what TM's report lists without cutting it off. */
export const MAX_WINDOW_DAYS = 31

export interface BackfillRequest {
  readonly shopTmId: number
  /** Shop-local days, both included. */
  readonly from: string
  readonly to: string
  readonly windowDays: number
  readonly trigger: Asker
  /** Kept with the backfill, for comparison afterwards. */
  readonly forecast: object
}

export type OpenedBackfill = Awaited<ReturnType<Services['warehouse']['backfills']['open']>>

/** The shop's open backfill is for other days than asked for: they would look asked for and never be read. */
export class OtherDaysOpen extends UsageError {
  readonly open: Window
  constructor(shopTmId: number, open: Window) {
    super(
      `shop ${shopTmId} has an open backfill from ${open.from} to ${open.to}; ask for exactly these days to go on with it, or wait for its end`,
    )
    this.open = open
  }
}

/**
 * Opens it, or goes on with the shop's open one when that is for the same days (`existing`). Nothing is enqueued yet.
 * @throws OtherDaysOpen
 */
export const openBackfill = async (
  { services }: Producer,
  { shopTmId, ...wish }: BackfillRequest,
): Promise<OpenedBackfill> => {
  const { id: shopId } = await services.shops.byTmId(shopTmId)
  const opened = await services.warehouse.backfills.open({ shopId, ...wish })
  const { from, to } = opened
  if (opened.existing && (from !== wish.from || to !== wish.to))
    throw new OtherDaysOpen(shopTmId, { from, to })
  return opened
}

/** Asks for its windows. Dying before this costs nothing: the sweep asks for every open backfill. */
export const enqueueBackfill = async (
  { queueJobs }: Producer,
  { existing, shopTmId, backfillId }: OpenedBackfill,
): Promise<void> => {
  // What a killed process had planned and not enqueued is still marked in the warehouse.
  if (existing) await queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
  await queueJobs.request(backfillWindow, { shop: shopTmId, backfill: backfillId })
}

/** Both. @throws OtherDaysOpen */
export const requestBackfill = async (
  producer: Producer,
  request: BackfillRequest,
): Promise<OpenedBackfill> => {
  const opened = await openBackfill(producer, request)
  await enqueueBackfill(producer, opened)
  return opened
}

export interface ForecastWish {
  readonly shop: Shop
  readonly window: Window
  readonly windowDays: number
  /** The budget of the shop's credential. */
  readonly requestsPerMinute: number
}

/**
 * What a backfill would cost: ROs, calls to TM, minutes. Asks TM for its own count, one cheap call.
 * @throws UsageError for days to come, on which nothing can be posted
 */
export const forecastBackfill = async (
  { tekmetric, warehouse, clock }: Services,
  { shop, window, windowDays, requestsPerMinute }: ForecastWish,
): Promise<BackfillForecast> => {
  const { tmId: shopTmId, timezone } = shop
  const today = todayOf({ timezone, today: await clock() })
  if (window.to > today)
    throw new UsageError(`the last day, ${window.to}, is after the shop's today, ${today}`)
  const counted = await tekmetric.countPosted({ shopTmId, ...window, timezone, lane: 'interactive' })
  const scope = await warehouse.backfills.scope({ shopId: shop.id, ...window })
  return forecastOf({ ...window, windowDays, counted, ...scope, requestsPerMinute })
}
