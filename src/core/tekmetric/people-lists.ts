// The lists of customers and vehicles, and one record by id. A list is a Spring page or a bare array, may honour `page` or
// ignore it, and may be re-sorted or shortened under the reader's feet. The walk shows each record once, reads a second
// time when TM counts more than it showed, and says `truncated` when it cannot be sure to have seen all.
// One record that does not parse is refused alone, with its path; a page of nothing but such records fails the walk.
import { z } from 'zod'
import { parseAnswer } from './parse-answer.ts'
import { routeTo, type RouteName } from './routes.ts'
import { rowsOf } from './schema-listings.ts'
import { customerSchema, vehicleSchema, type CustomerRow, type VehicleRow } from './schema-people.ts'
import type { Transport } from './transport.ts'
import type { CallOptions } from './types.ts'
import { flag, requiredId, whole } from './values.ts'

/** A record whose answer does not mean what we need. */
export interface RefusedRow {
  readonly id: number
  /** Field path and reason, without the value. */
  readonly reason: string
}

export interface PeoplePage<Row> {
  /** Records that no earlier page of this walk showed. */
  readonly rows: readonly Row[]
  readonly refused: readonly RefusedRow[]
  /** Pages read so far, from 1. */
  readonly page: number
  /** The walk ends here although TM may have more. */
  readonly truncated: boolean
}

/** Asked for explicitly; TM may cap it, so the walk never takes a short page for the last one. */
const PAGE_SIZE = 200
/** 400,000 records, or 200,000 where TM caps pages at 100. */
const MAX_PAGES = 2_000
/** A list that lost rows to a shift is read once more. */
const MAX_PASSES = 2

interface Source<Row> {
  readonly list: RouteName
  readonly one: RouteName
  /** The parameter of the by-id route. */
  readonly key: 'customer' | 'vehicle'
  readonly schema: z.ZodType<Row>
}

const CUSTOMERS: Source<CustomerRow> = {
  list: 'customers',
  one: 'customer',
  key: 'customer',
  schema: customerSchema,
}
const VEHICLES: Source<VehicleRow> = {
  list: 'vehicles',
  one: 'vehicle',
  key: 'vehicle',
  schema: vehicleSchema,
}

export const customerPages = (transport: Transport, call: CallOptions) => walk(transport, call, CUSTOMERS)
export const vehiclePages = (transport: Transport, call: CallOptions) => walk(transport, call, VEHICLES)

/** @returns null when TM has no such customer in this shop */
export const customer = (transport: Transport, call: CallOptions & { readonly customer: number }) =>
  readOne(transport, call, CUSTOMERS, call.customer)

/** @returns null when TM has no such vehicle in this shop */
export const vehicle = (transport: Transport, call: CallOptions & { readonly vehicle: number }) =>
  readOne(transport, call, VEHICLES, call.vehicle)

const idSchema = z.looseObject({ id: requiredId })
const sentRows = rowsOf(z.unknown())
const placeSchema = z.looseObject({ totalPages: whole, totalElements: whole, last: flag })
const NO_PLACE = { totalPages: null, totalElements: null, last: null } as const

interface Sent {
  readonly rows: readonly unknown[]
  /** What a Spring page says about the whole list; nulls for a bare array. */
  readonly totalPages: number | null
  readonly totalElements: number | null
  readonly last: boolean | null
}

const readPage = async (
  transport: Transport,
  { shopTmId, signal, lane }: CallOptions,
  list: RouteName,
  page: number,
): Promise<Sent> => {
  const route = routeTo(list, { params: { shop: shopTmId }, query: { page, size: PAGE_SIZE } })
  const answer = await transport.ask({ shopTmId, signal, lane, route })
  const about = { shop: shopTmId, route: route.template, page }
  const rows = parseAnswer(sentRows, answer, about)
  const place = Array.isArray(answer) ? NO_PLACE : parseAnswer(placeSchema, answer, about)
  return { rows, ...place }
}

/** How one reading of the list ended: sure of its end, or with the reason to doubt it. */
type End = 'complete' | 'short' | 'stuck'

interface Walk {
  /** Ids shown, also refused ones, over all passes. */
  readonly seen: Set<number>
  pages: number
}

async function* walk<Row>(
  transport: Transport,
  call: CallOptions,
  source: Source<Row>,
): AsyncGenerator<PeoplePage<Row>, void> {
  const state: Walk = { seen: new Set(), pages: 0 }
  let end: End = 'short'
  for (let pass = 0; pass < MAX_PASSES && end === 'short'; pass += 1)
    end = yield* onePass(transport, call, source, state)
  if (end !== 'complete') yield { rows: [], refused: [], page: state.pages, truncated: true }
}

async function* onePass<Row>(
  transport: Transport,
  call: CallOptions,
  source: Source<Row>,
  state: Walk,
): AsyncGenerator<PeoplePage<Row>, End> {
  const shown = new Set<number>()
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const sent = await readPage(transport, call, source.list, page)
    state.pages += 1
    const records = identified(sent.rows, call, page)
    const isRepeat = records.every(({ id }) => shown.has(id))
    for (const { id } of records) shown.add(id)
    const fresh = records.filter(({ id }) => !state.seen.has(id))
    const judged = judge(fresh, source, call, page)
    for (const { id } of fresh) state.seen.add(id)
    if (fresh.length > 0) yield { ...judged, page: state.pages, truncated: false }
    const isLast = sent.last === true || (sent.totalPages !== null && page + 1 >= sent.totalPages)
    if (isLast || isRepeat) return endOf(sent, { isLast, state })
  }
  return 'stuck'
}

/**
 * A page that shows nothing new ends the list. That is its proper end when it is empty, or when TM ignores `page` and
 * sends everything each time; a full page sent again may hide more.
 */
const endOf = (sent: Sent, { isLast, state }: { isLast: boolean; state: Walk }): End => {
  const { totalElements, totalPages, last, rows } = sent
  if (totalElements !== null) return state.seen.size >= totalElements ? 'complete' : 'short'
  if (isLast || rows.length === 0) return last === false ? 'stuck' : 'complete'
  return totalPages !== null || last === false || rows.length >= PAGE_SIZE ? 'stuck' : 'complete'
}

interface Identified {
  readonly id: number
  readonly sent: unknown
}

/** Each record once. @throws UpstreamChanged for a record without an id: nothing can be said about such a page */
const identified = (rows: readonly unknown[], { shopTmId }: CallOptions, page: number): Identified[] => {
  const ids = parseAnswer(z.array(idSchema), rows, { shop: shopTmId, page })
  const byId = new Map<number, unknown>()
  for (const [index, { id }] of ids.entries()) if (!byId.has(id)) byId.set(id, rows[index])
  return [...byId].map(([id, sent]) => ({ id, sent }))
}

const judge = <Row>(
  records: readonly Identified[],
  { schema, list }: Source<Row>,
  { shopTmId }: CallOptions,
  page: number,
): Pick<PeoplePage<Row>, 'rows' | 'refused'> => {
  const rows: Row[] = []
  const refused: RefusedRow[] = []
  for (const { id, sent } of records) {
    const result = schema.safeParse(sent)
    if (result.success) rows.push(result.data)
    else refused.push({ id, reason: reasonOf(result.error.issues) })
  }
  // One odd record is that record's fault; a whole page of them is a changed answer.
  if (rows.length === 0 && refused.length > 1)
    parseAnswer(
      z.array(schema),
      records.map(({ sent }) => sent),
      { shop: shopTmId, list, page },
    )
  return { rows, refused }
}

const MAX_REASONS = 3

const reasonOf = (issues: readonly { readonly path: PropertyKey[]; readonly message: string }[]): string =>
  issues
    .slice(0, MAX_REASONS)
    .map(({ path, message }) => `${path.map(String).join('.')} ${message}`)
    .join('; ')

const readOne = async <Row>(
  transport: Transport,
  { shopTmId, signal, lane }: CallOptions,
  { one, key, schema }: Source<Row>,
  id: number,
): Promise<Row | null> => {
  const route = routeTo(one, { params: { shop: shopTmId, [key]: id } })
  const found = await transport.askOrGone({ shopTmId, signal, lane, route })
  if (found.gone) return null
  const about = { shop: shopTmId, route: route.template, [key]: id }
  // An answer about somebody else must not be stored under either id.
  parseAnswer(
    z.looseObject({ id: requiredId.refine((sent) => sent === id, 'is another record') }),
    found.answer,
    about,
  )
  return parseAnswer(schema, found.answer, about)
}
