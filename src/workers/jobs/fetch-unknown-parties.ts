// Gets customers and vehicles that ROs name and the warehouse never saw in full. Repeating it is harmless: who was found is
// no longer unknown, and whoever TM does not have is asked for once only. Placeholders are their own outbox: the sweep asks
// again for a shop that still has some. Retries cover about four minutes.
//
// How, at the least number of calls: one by one while there are few; the whole list when more are new than the list has
// pages, or when many ROs are on their way to a shop whose list was never read (a first backfill of 500 ROs costs two short
// lists, not a thousand reads). What a complete list did not show is only asked for by id.
import { z } from 'zod'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import { failureClassOf } from '../../core/errors.ts'
import { PARTY_KINDS, type PartyKind, type UnknownParties } from '../../core/warehouse/parties.ts'
import { describe } from '../describe.ts'
import { readAndWriteParties } from '../party-lists.ts'
import { requestKeyOf } from '../run.ts'

/** Reads by id that are always allowed, however short the list is. */
const FEW = 20
/** What one queue job reads by id of each kind; the sweep asks for the rest a minute later. */
const BY_ID_LIMIT = 100
/** Behind everything that keeps metrics fresh. */
const LANE = 'repair'

type Ctx = QueueJobContext

export const fetchUnknownParties = defineQueueJob({
  name: 'fetch-unknown-parties',
  queue: 'discovery',
  about: 'Reads customers and vehicles of one shop that ROs name and the warehouse never saw in full.',
  payload: z.object({ shop: z.int().positive() }),
  retry: { attempts: 6, backoffMs: 10_000 },
  timeoutMs: 30 * 60_000,
  callsTekmetric: true,
  part: () => 'lists',
  // Many ROs name somebody new within seconds of each other: they ask once.
  delayMs: 2_000,
  dedup: { mode: 'keep-last', id: ({ shop }) => String(shop) },
  fansOutTo: [],
  run: async ({ shop }, ctx) => {
    const summary = { lists: 0, read: 0, missing: 0 }
    for (const kind of PARTY_KINDS) {
      const done = await fetchKind(ctx, shop, kind)
      summary.lists += done.lists
      summary.read += done.read
      summary.missing += done.missing
    }
    return summary
  },
})

/** True when reading the whole list costs less than asking for each. */
export const prefersList = ({ fresh, listPages }: UnknownParties, pendingRos: number): boolean =>
  fresh > Math.max(FEW, listPages ?? 0) || (listPages === null && fresh > 0 && pendingRos > FEW)

const fetchKind = async (ctx: Ctx, shop: number, kind: PartyKind) => {
  const { warehouse, shops } = ctx.services
  const { id: shopId } = await shops.byTmId(shop)
  const requestKey = requestKeyOf(ctx.queueJobId, kind)
  const ask = async () => (await warehouse.parties.unknown({ shopId, limit: BY_ID_LIMIT }))[kind]
  const unknown = await ask()
  const { pendingItems } = await warehouse.operations.backlog({ shopId })
  // A list that a killed process had begun is read to its end, whatever would cost less by now: its run waits for it.
  const begun = await warehouse.runs.listing({ olderThanSeconds: 0 })
  if (!prefersList(unknown, pendingItems) && !begun.some((run) => run.requestKey === requestKey))
    return { lists: 0, ...(await readById(ctx, { shop, shopId, kind, ids: unknown.tmIds })) }
  await readList(ctx, { shop, shopId, kind, requestKey })
  const left = await ask()
  // Those that turned up while the list was read may be on the next one; the others only a read by id can find.
  const ids = left.tmIds.slice(0, left.unlisted)
  return { lists: 1, ...(await readById(ctx, { shop, shopId, kind, ids })) }
}

interface Place {
  readonly shop: number
  readonly shopId: string
  readonly kind: PartyKind
}

const readList = async (
  ctx: Ctx,
  { shop, shopId, kind, requestKey }: Place & { readonly requestKey: string },
): Promise<void> => {
  const { runId } = await ctx.services.warehouse.runs.start({
    shopId,
    kind,
    trigger: 'sweep',
    params: { reason: 'unknown' },
    requestKey,
  })
  await readAndWriteParties(ctx, { kind, shop, lane: LANE, runId })
}

const readById = async (ctx: Ctx, place: Place & { readonly ids: readonly number[] }) => {
  const { kind, shopId, ids } = place
  let read = 0
  let missing = 0
  for (const id of ids) {
    if (await readOne(ctx, place, id)) read += 1
    else {
      missing += 1
      // At once: a later failure must not make TM answer the same question again.
      await ctx.services.warehouse.parties.markLookedUp({ shopId, kind, tmIds: [id] })
    }
  }
  return { read, missing }
}

/** @returns false when TM has no such record, or none that parses */
const readOne = async (ctx: Ctx, { shop, shopId, kind }: Place, id: number): Promise<boolean> => {
  const { tekmetric, warehouse } = ctx.services
  const call = { shopTmId: shop, lane: LANE, signal: ctx.signal } as const
  try {
    if (kind === 'customers') {
      const row = await tekmetric.customer({ ...call, customer: id })
      if (row !== null) await warehouse.customers.upsert({ shopId, rows: [row] })
      return row !== null
    }
    const row = await tekmetric.vehicle({ ...call, vehicle: id })
    if (row !== null) await warehouse.vehicles.upsert({ shopId, rows: [row] })
    return row !== null
  } catch (error) {
    if (failureClassOf(error) !== 'data') throw error
    ctx.log.warn({ event: 'party.refused', kind, id, reason: describe(error) }, 'a record does not parse')
    return false
  }
}
