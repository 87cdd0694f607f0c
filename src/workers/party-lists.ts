// The lists of customers and vehicles: page, write, next. A page that fails throws, so the cursor never passes it; what was
// written stays written, and reading the list again writes only what differs and counts each row once in its run.
import type { QueueJobContext } from '../core/queue-job.ts'
import type { Services } from '../core/services.ts'
import type { CallOptions, Lane, RefusedRow } from '../core/tekmetric/client.ts'
import type { PartyKind } from '../core/warehouse/parties.ts'
import type { Upserted } from '../core/warehouse/shapes.ts'

type Ctx = Pick<QueueJobContext, 'services' | 'signal' | 'log'>

/** What a list amounted to; stored with its run. `unchanged` and `failed` are its counts there. */
export interface PartyListing {
  pages: number
  /** Distinct records that TM showed. */
  seen: number
  unchanged: number
  /** Records that did not parse. */
  failed: number
  /** The first of them. */
  refused: RefusedRow[]
  truncated: boolean
}

export interface PartyListInput {
  readonly kind: PartyKind
  readonly shop: number
  readonly lane: Lane
  readonly runId: string
}

/** The run keeps this many refused records by name; the others are counted. */
const SHOWN_REFUSALS = 20

interface WrittenPage {
  readonly page: number
  readonly rows: number
  readonly refused: readonly RefusedRow[]
  readonly truncated: boolean
  readonly counts: Upserted
}

/** Reads the whole list, writing page by page, and closes the listing of its run. */
export const readAndWriteParties = async (ctx: Ctx, input: PartyListInput): Promise<PartyListing> => {
  const { services, log } = ctx
  const { id: shopId } = await services.shops.byTmId(input.shop)
  const startedAt = new Date().toISOString()
  const listing: PartyListing = { pages: 0, seen: 0, unchanged: 0, failed: 0, refused: [], truncated: false }
  for await (const written of writtenPages(ctx, input, shopId)) take(listing, written)
  if (listing.truncated)
    log.warn({ event: 'listing.truncated', pages: listing.pages }, `the list of ${input.kind} was cut off`)
  if (listing.failed > 0)
    log.warn(
      { event: 'listing.refused', kind: input.kind, refused: listing.failed, first: listing.refused[0] },
      `${listing.failed} ${input.kind} do not parse; the others were written`,
    )
  if (!listing.truncated) await advance(services, { ...input, shopId, startedAt, listing })
  await services.warehouse.runs.closeListing({ runId: input.runId, listing })
  await services.warehouse.runs.finish({ runId: input.runId })
  return listing
}

async function* writtenPages(ctx: Ctx, input: PartyListInput, shopId: string): AsyncGenerator<WrittenPage> {
  const { tekmetric, warehouse } = ctx.services
  const { kind, shop, lane, runId } = input
  const call: CallOptions = { shopTmId: shop, lane, signal: ctx.signal }
  if (kind === 'customers') {
    for await (const { rows, ...page } of tekmetric.customerPages(call))
      yield { ...page, rows: rows.length, counts: await warehouse.customers.upsert({ shopId, rows, runId }) }
    return
  }
  for await (const { rows, ...page } of tekmetric.vehiclePages(call))
    yield { ...page, rows: rows.length, counts: await warehouse.vehicles.upsert({ shopId, rows, runId }) }
}

const take = (listing: PartyListing, { page, rows, refused, truncated, counts }: WrittenPage): void => {
  listing.pages = page
  listing.seen += rows + refused.length
  listing.unchanged += counts.unchanged
  listing.failed += refused.length
  listing.refused.push(...refused.slice(0, SHOWN_REFUSALS - listing.refused.length))
  listing.truncated ||= truncated
}

interface Advance extends PartyListInput {
  readonly shopId: string
  readonly startedAt: string
  readonly listing: PartyListing
}

/** Only a list that was read to its end moves the cursor, and only to where the reading began. */
const advance = async (
  { warehouse }: Services,
  { kind, shopId, startedAt, listing }: Advance,
): Promise<void> => {
  const current = await warehouse.cursors.get({ shopId, entityType: kind })
  await warehouse.cursors.advance({
    shopId,
    entityType: kind,
    expected: current?.cursor ?? null,
    next: startedAt,
    state: { pages: listing.pages, seen: listing.seen },
  })
}
