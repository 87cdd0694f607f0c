// Walks an open backfill, newest day first: lists the next window as long as few of its ROs wait, and goes on later.
// Repeating it is harmless: each page is planned in one transaction with the key of the next, so a killed process reads
// at most one page again. An upstream that stays away costs nothing but time and no attempt; attempts are for bugs, and
// when they are used up the sweep asks again for every open backfill. A listing that TM refuses fails its window only.
import { z } from 'zod'
import { failureClassOf, NotYet, UpstreamChanged, UpstreamGone } from '../../core/errors.ts'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import type { SeenRepairOrder } from '../../core/tekmetric/client.ts'
import { describe } from '../describe.ts'
import { ensureEmployees } from '../employees.ts'
import { syncRepairOrder } from './sync-repair-order.ts'

/** The next page is read only while fewer ROs of the backfill wait than this; a page adds at most 100. */
const FEW_WAITING = 100
/** How soon a backfill that waits for its ROs looks again. */
const LOOK_AGAIN_MS = 2_000
/** The pause after a failure of the moment. */
const AWAY_MS = 10_000
/** After this long it makes room for other queue jobs of the queue. */
const TURN_MS = 3_000
const NEXT_TURN_MS = 250

const Payload = z.object({ shop: z.int().positive(), backfill: z.uuid() })
type BackfillPayload = z.output<typeof Payload>
type Ctx = QueueJobContext<readonly [typeof syncRepairOrder]>
type Claimed = Awaited<ReturnType<Ctx['services']['warehouse']['backfills']['claim']>>
type BackfillWindow = NonNullable<Claimed['window']>

export const backfillWindow = defineQueueJob({
  name: 'backfill-window',
  queue: 'discovery',
  about:
    'Lists the next window of an open backfill and asks for a sync of each RO that differs from the warehouse.',
  payload: Payload,
  retry: { attempts: 6, backoffMs: 10_000 },
  timeoutMs: 10 * 60_000,
  callsTekmetric: true,
  part: () => 'backfill',
  dedup: { mode: 'skip', id: ({ backfill }) => backfill },
  fansOutTo: [syncRepairOrder],
  run: async (payload, ctx) => {
    await ensureEmployees(ctx, payload.shop)
    const until = Date.now() + TURN_MS
    do {
      const claimed = await ctx.services.warehouse.backfills.claim({ backfillId: payload.backfill })
      const { status, pending, window } = claimed
      if (status === 'finished') return { status }
      if (window === null) throw new NotYet('all is listed; ROs are being synced', LOOK_AGAIN_MS)
      const walk = { payload, window, waiting: pending }
      await listWindow(walk, ctx).catch((error: unknown) => afterFailure(walk, ctx, error))
    } while (Date.now() < until)
    throw new NotYet('other queue jobs have their turn', NEXT_TURN_MS)
  },
})

/** TM answers, but not with a report that can be read: asking again would change nothing. */
const isRefusal = (error: unknown): boolean =>
  error instanceof UpstreamChanged || error instanceof UpstreamGone

/** The window ends as failed when TM refuses it. @throws NotYet when something is away, every other error as it came */
const afterFailure = async (
  { payload, window }: Walk,
  { services, log }: Ctx,
  error: unknown,
): Promise<void> => {
  const { position, from, to } = window
  const reason = describe(error)
  if (failureClassOf(error) === 'transient') {
    log.warn({ event: 'backfill.waits', from, to, reason }, 'the window goes on when this has passed')
    throw new NotYet(reason, AWAY_MS)
  }
  if (!isRefusal(error)) throw error
  log.error(
    { event: 'backfill.window-failed', from, to, reason },
    'a window of the backfill cannot be listed',
  )
  await services.warehouse.backfills.failWindow({
    backfillId: payload.backfill,
    position,
    error: { reason },
  })
}

interface Walk {
  readonly payload: BackfillPayload
  readonly window: BackfillWindow
  /** ROs of the backfill that wait. */
  readonly waiting: number
}

interface PlannedPage {
  readonly rows: readonly SeenRepairOrder[]
  readonly nextKey: string | null
  readonly truncated: boolean
}

/** Reads pages from where the window stands until its end. @throws NotYet when enough ROs wait */
const listWindow = async (walk: Walk, ctx: Ctx): Promise<void> => {
  const { payload, window } = walk
  const { timezone } = await ctx.services.shops.byTmId(payload.shop)
  const { from, to } = window
  const progress = { pages: window.pages, waiting: walk.waiting }
  refuseWhenFull(progress)
  const call = { shopTmId: payload.shop, lane: 'backfill', signal: ctx.signal } as const
  const listing = ctx.services.tekmetric.postedPages({
    ...call,
    from,
    to,
    timezone,
    startKey: window.nextKeys,
  })
  for await (const { rows, truncated, nextKey = null } of listing) {
    await planPage(walk, progress, { rows, truncated, nextKey }, ctx)
    if (nextKey === null) return
    refuseWhenFull(progress)
  }
  await planPage(walk, progress, { rows: [], truncated: false, nextKey: null }, ctx)
}

interface WindowProgress {
  pages: number
  waiting: number
}

const refuseWhenFull = ({ waiting }: WindowProgress): void => {
  if (waiting >= FEW_WAITING) throw new NotYet('enough ROs wait', LOOK_AGAIN_MS)
}

/** Plans a page in the warehouse (the outbox), then enqueues its ROs behind those that wait. */
const planPage = async (
  { payload, window }: Walk,
  progress: WindowProgress,
  { rows, nextKey, truncated }: PlannedPage,
  ctx: Ctx,
): Promise<void> => {
  const { advanced, asked } = await ctx.services.warehouse.backfills.advance({
    backfillId: payload.backfill,
    position: window.position,
    pages: progress.pages,
    seen: rows,
    nextKeys: nextKey,
    last: nextKey === null,
    truncated,
  })
  if (!advanced) throw new NotYet('another worker is further', LOOK_AGAIN_MS)
  if (truncated) ctx.log.warn({ event: 'listing.truncated', from: window.from }, 'the report was cut off')
  const before = progress.waiting
  await ctx.enqueue(
    syncRepairOrder,
    asked.map((ro, i) => ({
      shop: payload.shop,
      ro,
      lane: 'backfill',
      reason: 'listed',
      run: window.runId,
      turn: before + i,
    })),
  )
  progress.pages += 1
  progress.waiting += asked.length
}
