// What callers of the TM client see: lanes, tokens, listing rows and the result of reading one RO.
// `shopTmId` is TM's shop number, `ro` TM's global RO id; instants are ISO-8601 UTC strings with `Z`.

import type { Lane } from '../queues.ts'

export type { Lane } from '../queues.ts'

export interface ShopToken {
  readonly token: string
  /** Stable key of the token that is no secret: the first 16 hex digits of its SHA-256. */
  readonly credential: string
}

/** @throws UpstreamForbidden when no token is known for the shop */
export interface TokenProvider {
  get(shopTmId: number): Promise<ShopToken>
  /** Reads the token again from where it comes from, past every cache. */
  refresh(shopTmId: number): Promise<ShopToken>
}

export interface CallOptions {
  readonly shopTmId: number
  readonly signal?: AbortSignal | undefined
  /** Default `incremental`. */
  readonly lane?: Lane | undefined
}

/** What the report says an RO earned: cents, and the margin of the total as the ratio TM prints; null where it says nothing. */
export interface ReportedProfit {
  readonly labor: number | null
  readonly parts: number | null
  readonly sublet: number | null
  readonly fees: number | null
  /** After discounts, without tax. */
  readonly total: number | null
  readonly margin: number | null
}

/** One RO as a listing shows it. A report row has neither `updated` nor a status. */
export interface SeenRepairOrder {
  readonly ro: number
  readonly roNumber: number | null
  readonly updated: string | null
  readonly posted: string | null
  readonly completed: string | null
  readonly statusId: number | null
  /** Report only: its profits of the RO as one text, to be compared with those of an earlier listing. */
  readonly figures?: string | null
  /** Report only: the same profits as numbers. */
  readonly profit?: ReportedProfit
}

export interface ListingPage {
  /** ROs that no earlier page of this walk showed. */
  readonly rows: readonly SeenRepairOrder[]
  /** 0-based. */
  readonly page: number
  /** The walk ends here although TM may have more: the cap was reached, or TM's own paging contradicts itself. */
  readonly truncated: boolean
  /** Report only: the key of the page after this one, for a walk that begins there; null on the last. */
  readonly nextKey?: string | null
}

export type Board = 'ACTIVE' | 'POSTED' | 'COMPLETE'

/** All of one authoritative read, as TM sent it; `normalizeRepairOrder` judges and translates it. */
export interface FoundRepairOrder {
  readonly kind: 'found'
  readonly shopTmId: number
  readonly ro: number
  readonly header: unknown
  readonly estimate: unknown
  /** null when no job is authorized (never asked for) or when the route answered 404. */
  readonly profitLabor: unknown
  readonly profitMissing: boolean
  /** When the read began, by this machine's clock. */
  readonly fetchedAt: string
}

export interface MissingRepairOrder {
  readonly kind: 'missing'
  readonly shopTmId: number
  readonly ro: number
  readonly fetchedAt: string
}

/** TM says DELETED (status 7) and has no estimate of it any more: the header alone is authoritative. */
export interface DeletedRepairOrder {
  readonly kind: 'deleted'
  readonly shopTmId: number
  readonly ro: number
  readonly updatedDate: string | null
  readonly deletedDate: string | null
  readonly fetchedAt: string
}

export type RepairOrderRead = FoundRepairOrder | MissingRepairOrder | DeletedRepairOrder
