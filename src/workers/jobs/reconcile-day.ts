// Compares days with TM's profit report in two looks: what differs at the first is read again once, the last decides.
// Without a run it is the night's: the seven days up to yesterday, and older days that are not proven. Repeating it is
// harmless: each look is stored in one transaction with what it asks for, and a range that is decided is left alone.
// Waiting for ROs and days costs no attempt; retries cover five to ten minutes, and the next night looks again.
import { DateTime } from 'luxon'
import { z } from 'zod'
import { NotYet } from '../../core/errors.ts'
import { defineQueueJob, type QueueJobContext } from '../../core/queue-job.ts'
import type { ReconciledDay, ReconcileWork } from '../../core/warehouse/reconciliations.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { runErrorOf } from '../describe.ts'
import { lookAtRange } from '../reconcile.ts'
import { requestKeyOf } from '../run.ts'
import { rebuildDay } from './rebuild-day.ts'
import { syncRepairOrder } from './sync-repair-order.ts'

/** pipeline.md: yesterday and the last 7 days; today is not over and would prove little. */
const NIGHTLY_DAYS = 7
/** How soon it looks whether the ROs and days it waits for are done. */
const LOOK_AGAIN_MS = 1_000

const Payload = z.object({
  shop: z.int().positive(),
  trigger: z.enum(['schedule', 'cli', 'api']),
  /** Opened by whoever asked, with the ranges in its params; without it the night's own. */
  run: z.uuid().optional(),
})
type ReconcilePayload = z.output<typeof Payload>
type Ctx = QueueJobContext<readonly [typeof syncRepairOrder, typeof rebuildDay]>

export const reconcileDay = defineQueueJob({
  name: 'reconcile-day',
  queue: 'maintenance',
  about:
    "Compares days with TM's profit report and with themselves, reads what differs once more, and stores the result.",
  payload: Payload,
  retry: { attempts: 6, backoffMs: 20_000 },
  timeoutMs: 10 * 60_000,
  callsTekmetric: true,
  part: ({ trigger }) => (trigger === 'schedule' ? 'reconcile' : null),
  dedup: { mode: 'skip', id: ({ shop, run }) => `${shop}.${run ?? 'schedule'}` },
  fansOutTo: [syncRepairOrder, rebuildDay],
  run: async (payload, ctx) => {
    const { reconciliations, runs } = ctx.services.warehouse
    const shop = await ctx.services.shops.byTmId(payload.shop)
    const runId = await reconcileRun(payload, ctx, shop)
    await firstLooks({ runId, shop }, await reconciliations.work({ runId }), ctx)
    await lastLooks({ runId, shop }, await reconciliations.work({ runId }), ctx)
    const { ranges } = await reconciliations.work({ runId })
    await runs.closeListing({ runId, listing: { ranges: ranges.length } })
    await runs.finish({ runId })
    return summarize(shop, ranges, ctx)
  },
  onFailed: async (payload, ctx, error) => {
    const shop = await ctx.services.shops.byTmId(payload.shop)
    const runId = await reconcileRun(payload, ctx, shop)
    await ctx.services.warehouse.runs.fail({ runId, error: runErrorOf(error) })
  },
})

/** The run; its params hold the ranges, which a retry finds there again. */
const reconcileRun = async (
  { run, trigger }: ReconcilePayload,
  { services, queueJobId }: Ctx,
  shop: Shop,
): Promise<string> => {
  if (run !== undefined) return run
  const today = DateTime.fromJSDate(await services.clock(), { zone: shop.timezone })
  const ranges = await services.warehouse.reconciliations.plan({
    shopId: shop.id,
    from: today.minus({ days: NIGHTLY_DAYS }).toISODate() ?? '',
    to: today.minus({ days: 1 }).toISODate() ?? '',
  })
  const wish = { shopId: shop.id, kind: 'reconcile', trigger, params: { ranges } }
  return (await services.warehouse.runs.start({ ...wish, requestKey: requestKeyOf(queueJobId) })).runId
}

interface Reconcile {
  readonly runId: string
  readonly shop: Shop
}

/** What differs is on the run when this returns, and asked for. */
const firstLooks = async ({ runId, shop }: Reconcile, { ranges }: ReconcileWork, ctx: Ctx): Promise<void> => {
  for (const { from, to, looks } of ranges) {
    if (looks > 0) continue
    const { resync, rebuild, findings } = await lookAtRange({ runId, shop, from, to, last: false }, ctx)
    if (findings.length > 0)
      ctx.log.warn(
        { event: 'checks.failed', shop: shop.tmId, from, to, findings: findings.length, ...named(findings) },
        `the warehouse contradicts itself between ${from} and ${to} of shop ${shop.tmId}: what is named is read or computed again`,
      )
    await ctx.enqueue(
      syncRepairOrder,
      resync.map((ro, turn) => ({
        shop: shop.tmId,
        ro,
        lane: 'repair' as const,
        reason: 'reconcile' as const,
        run: runId,
        turn,
      })),
    )
    await ctx.enqueue(
      rebuildDay,
      rebuild.map((date) => ({ shop: shop.tmId, date })),
    )
  }
}

/** @throws NotYet while ROs are read, snapshots built or days computed */
const lastLooks = async (
  { runId, shop }: Reconcile,
  { ranges, pending, stale, dirty }: ReconcileWork,
  ctx: Ctx,
): Promise<void> => {
  const open = ranges.filter(({ looks }) => looks === 1)
  if (open.length === 0) return
  if (pending + stale + dirty > 0)
    throw new NotYet(`waits for ${pending} ROs, ${stale} snapshots and ${dirty} days`, LOOK_AGAIN_MS)
  for (const { from, to } of open) await lookAtRange({ runId, shop, from, to, last: true }, ctx)
}

/** Counts days by state, and says aloud what is wrong: the line that an alert waits for. */
const summarize = async (shop: Shop, ranges: ReconcileWork['ranges'], { services, log }: Ctx) => {
  const days: ReconciledDay[] = []
  for (const { from, to } of ranges)
    days.push(...(await services.warehouse.reconciliations.days({ shopId: shop.id, from, to })))
  const differing = days.filter(({ state }) => state === 'differs')
  for (const { date, differences } of differing)
    log.warn(
      {
        event: 'reconcile.differs',
        shop: shop.tmId,
        date,
        differences: differences.length,
        ...named(differences),
      },
      `${date} of shop ${shop.tmId} does not agree with TM or with itself: warehouse reconcile --shop ${shop.tmId} --date ${date} --show`,
    )
  const count = (state: ReconciledDay['state']) => days.filter((day) => day.state === state).length
  return { days: days.length, proven: count('proven'), differs: differing.length, notYet: count('not_yet') }
}

/** ROs named in a log line. */
const NAMED = 20

const named = (found: readonly { readonly ro: number | null; readonly check?: string | undefined }[]) => ({
  ros: [...new Set(found.flatMap(({ ro }) => ro ?? []))].slice(0, NAMED),
  checks: [...new Set(found.flatMap(({ check }) => check ?? []))],
})
