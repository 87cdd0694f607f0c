// The listings of ROs: boards (recent activity, never proof of absence) and the posted report (complete for a window).
// Both are walked to their end; a page that fails throws, so a broken listing never passes for a short one.
import { DateTime, IANAZone } from 'luxon'
import type { z } from 'zod'
import { UpstreamChanged, UpstreamGone, UsageError } from '../errors.ts'
import { parseAnswer } from './parse-answer.ts'
import { routeTo } from './routes.ts'
import {
  boardRowSchema,
  reportCountSchema,
  reportPageSchema,
  rowsOf,
  searchRowSchema,
} from './schema-listings.ts'
import type { Transport } from './transport.ts'
import type { Board, CallOptions, ListingPage, SeenRepairOrder } from './types.ts'
import type { Named } from './values.ts'

export interface BoardInput extends CallOptions {
  readonly board: Board
}

export interface PostedInput extends CallOptions {
  /** Shop-local calendar days `YYYY-MM-DD`, both included. */
  readonly from: string
  readonly to: string
  /** IANA name. */
  readonly timezone: string
  /** `nextKey` of a page: the walk begins after it. Default the first page. */
  readonly startKey?: string | null | undefined
}

/** TM ignores the size of a board (≈81 rows have been seen) and may honour it; the walk copes with both. */
const BOARD_SIZE = 200
/** Far above the 549 rows ever seen on a board. */
const BOARD_MAX_PAGES = 50
const REPORT_SIZE = 100
/** 50,000 posted ROs in one window: more than four years of a busy shop. */
const REPORT_MAX_PAGES = 500

const boardRows = rowsOf(boardRowSchema)
const searchRows = rowsOf(searchRowSchema)

interface ListedRow {
  readonly id: number
  readonly repairOrderNumber: number | null
  readonly roNumber: number | null
  readonly repairOrderStatus: Named
  readonly updatedDate: string | null
  readonly postedDate: string | null
  readonly completedDate: string | null
}

const seenOf = (row: ListedRow): SeenRepairOrder => ({
  ro: row.id,
  roNumber: row.repairOrderNumber ?? row.roNumber,
  updated: row.updatedDate,
  posted: row.postedDate,
  completed: row.completedDate,
  statusId: row.repairOrderStatus.id,
})

/** Keeps the rows whose RO the walk has not shown yet. */
const newIn = (seen: Set<number>, rows: readonly SeenRepairOrder[]): SeenRepairOrder[] =>
  rows.filter(({ ro }) => {
    if (seen.has(ro)) return false
    seen.add(ro)
    return true
  })

/**
 * Pages of one board until an empty page, a page without anything new (TM ignores `page` and repeats the first) or the
 * cap, which is reported as `truncated`.
 */
export async function* boardPages(
  transport: Transport,
  input: BoardInput,
): AsyncGenerator<ListingPage, void> {
  const { shopTmId, board, signal, lane } = input
  const seen = new Set<number>()
  for (let page = 0; ; page += 1) {
    const query = { view: 'list', board, page, size: BOARD_SIZE, groupBy: 'NONE' }
    const route = routeTo('board', { params: { shop: shopTmId }, query })
    const answer = await transport.ask({ shopTmId, signal, lane, route })
    const sent = parseAnswer(boardRows, answer, { shop: shopTmId, route: route.template, board, page })
    const rows = newIn(seen, sent.map(seenOf))
    if (rows.length === 0) return
    const truncated = page + 1 >= BOARD_MAX_PAGES
    yield { rows, page, truncated }
    if (truncated) return
  }
}

/**
 * Pages of the report of posted ROs, following `nextKeys`. Ends when TM says so (`hasNext` false, or no key and no
 * claim of more). When TM claims more but gives no way on (empty page, no key, the same key again) or at the cap, the
 * last page is `truncated`.
 */
export async function* postedPages(
  transport: Transport,
  input: PostedInput,
): AsyncGenerator<ListingPage, void> {
  const { shopTmId, signal, lane, timezone } = input
  const bounds = reportBounds(input)
  const seen = new Set<number>()
  let key: string | null = input.startKey ?? null
  for (let page = 0; ; page += 1) {
    const route = routeTo('postedReport', {
      query: {
        shopIds: shopTmId,
        ...bounds,
        timezone,
        size: REPORT_SIZE,
        sortBy: 'POSTED_DATE',
        sortOrder: 'DESC',
        ...(key === null ? {} : { nextKeys: key }),
      },
    })
    const answer = await transport.ask({ shopTmId, signal, lane, route })
    const about = { shop: shopTmId, route: route.template, page }
    const { content, hasNext, nextKeys } = parseAnswer(reportPageSchema, answer, about)
    const next = encodeKeys(nextKeys)
    const isStuck = next === null || next === key || content.length === 0
    const isLast = hasNext === false || isStuck || page + 1 >= REPORT_MAX_PAGES
    const truncated = isLast && (hasNext === true || (hasNext === null && !isStuck))
    const rows = newIn(seen, content.map(reportRow))
    if (rows.length > 0 || truncated) yield { rows, page, truncated, nextKey: isLast ? null : next }
    if (isLast) return
    key = next
  }
}

/** How many posted ROs TM counts in the window; null when it does not say (the route is a convenience, not a promise). */
export const countPosted = async (transport: Transport, input: PostedInput): Promise<number | null> => {
  const { shopTmId, signal, lane, timezone } = input
  const query = { shopIds: shopTmId, ...reportBounds(input), timezone, metric: 'TOTAL' }
  const route = routeTo('postedCount', { query })
  try {
    const answer = await transport.ask({ shopTmId, signal, lane, route })
    return parseAnswer(reportCountSchema, answer, { shop: shopTmId, route: route.template }).count
  } catch (err) {
    if (err instanceof UpstreamGone || err instanceof UpstreamChanged) return null
    throw err
  }
}

type ReportRow = z.output<typeof reportPageSchema>['content'][number]

const reportRow = (row: ReportRow): SeenRepairOrder => ({
  ro: row.repairOrderId,
  roNumber: row.repairOrderNumber,
  updated: null,
  posted: row.postedDate,
  completed: null,
  statusId: null,
  figures: figuresOf(row),
  profit: {
    labor: numberOf(row.laborProfit),
    parts: numberOf(row.partsTotalProfit),
    sublet: numberOf(row.subletProfit),
    fees: numberOf(row.feesProfit),
    total: numberOf(row.totalProfit),
    margin: numberOf(row.totalProfitMargin),
  },
})

/** Null for what is no number: nothing, or the "NaN" of a sale of nothing. */
const numberOf = (figure: string): number | null => {
  const number = figure === '' ? Number.NaN : Number(figure)
  return Number.isFinite(number) ? number : null
}

const figuresOf = (row: ReportRow): string | null => {
  const figures = [row.laborProfit, row.partsTotalProfit, row.subletProfit, row.feesProfit, row.totalProfit]
  return figures.every((figure) => figure === '') ? null : figures.join('|')
}

/** `nextKeys` is opaque: a string goes back as it came, anything else as JSON. Nothing and "" mean no key. */
const encodeKeys = (nextKeys: unknown): string | null => {
  if (nextKeys === null || nextKeys === undefined || nextKeys === '') return null
  return typeof nextKeys === 'string' ? nextKeys : JSON.stringify(nextKeys)
}

const BOUND = "yyyy-MM-dd'T'HH:mm:ss.SSSZZ"

/**
 * The first and the last millisecond of the window with the UTC offset that the shop has on that very day
 * (a window across a change of daylight saving has two different offsets).
 * @throws UsageError for an unknown time zone, a date that does not exist, or a window that ends before it begins
 */
export const reportBounds = ({
  from,
  to,
  timezone,
}: Pick<PostedInput, 'from' | 'to' | 'timezone'>): { readonly start: string; readonly end: string } => {
  if (!IANAZone.isValidZone(timezone)) throw new UsageError(`unknown time zone ${timezone}`)
  const [first, last] = [from, to].map((day) => {
    const date = DateTime.fromFormat(day, 'yyyy-MM-dd', { zone: timezone })
    if (!date.isValid) throw new UsageError(`${day} is not a date (YYYY-MM-DD)`)
    return date
  })
  if (!first || !last || first > last)
    throw new UsageError(`the window ${from} to ${to} ends before it begins`)
  return { start: first.startOf('day').toFormat(BOUND), end: last.endOf('day').toFormat(BOUND) }
}

/** TM's id of the RO that has this number in this shop, or null. Numbers are unique within a shop only. */
export const findByNumber = async (
  transport: Transport,
  { shopTmId, roNumber, signal, lane }: CallOptions & { readonly roNumber: number },
): Promise<number | null> => {
  const query = { search: roNumber, size: REPORT_SIZE }
  const route = routeTo('search', { params: { shop: shopTmId }, query })
  const answer = await transport.ask({ shopTmId, signal, lane, route })
  const rows = parseAnswer(searchRows, answer, { shop: shopTmId, route: route.template })
  const [match, ...others] = new Set(
    rows.filter((row) => (row.repairOrderNumber ?? row.roNumber) === roNumber).map((row) => row.id),
  )
  if (others.length > 0)
    throw new UpstreamChanged('TM lists two ROs of one shop under one number', {
      details: { shop: shopTmId, route: route.template, roNumber },
    })
  return match ?? null
}
