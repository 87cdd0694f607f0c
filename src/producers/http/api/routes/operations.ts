// What operators ask and do: the summary, what failed and trying it again, and the live events.
import { z } from 'zod'
import { FAILURE_CLASSES } from '../../../../core/errors.ts'
import { untilAborted } from '../../../../core/joined-signal.ts'
import type { Services } from '../../../../core/services.ts'
import { QUEUE_NAMES } from '../../../../core/queues.ts'
import {
  listFailed,
  retryFailed,
  type FailedFilter,
  type FailedQueueJob,
} from '../../../failed-queue-jobs.ts'
import { censoredRow, censorText } from '../../censor.ts'
import { Flag, Moment, RoTmId, ShopRef, whole } from '../fields.ts'
import { badInput } from '../input.ts'
import { numbered } from '../numbered.ts'
import { summaryFor } from '../ops-view.ts'
import type { ApiContext } from '../route.ts'
import { defineRoute, defineStream } from '../route.ts'

const Filter = z.object({
  shop_id: ShopRef.optional().describe('Required unless you have every shop.'),
  queue: z.enum(QUEUE_NAMES, `must be one of ${QUEUE_NAMES.join(', ')}`).optional(),
  class: z.enum(FAILURE_CLASSES, `must be one of ${FAILURE_CLASSES.join(', ')}`).optional(),
  ro_number: RoTmId.optional().describe('Of one repair order: the number people say. Takes shop_id.'),
  ro: RoTmId.optional().describe("Tekmetric's id, instead of the number."),
  since: Moment.optional().describe('Failed at or after this instant.'),
  limit: whole({ min: 1, max: 5_000 }).default(100).describe('At most so many, newest first.'),
})

const Failed = z.object({
  queue: z.string(),
  name: z.string(),
  id: z.string(),
  shop_tm_id: z.int().nullable(),
  ro: z.int().nullable(),
  ro_number: z.int().nullable().describe('As people say it; null when the warehouse does not know it.'),
  date: z.string().nullable(),
  class: z.enum(FAILURE_CLASSES),
  reason: z.string(),
  failed_at: z.string(),
  attempts: z.int(),
  times: z.int().describe('How often the same work failed.'),
})

const failedOf = (
  { shop, failureClass, failedAt, ...job }: FailedQueueJob,
  roNumber: number | null,
): z.input<typeof Failed> => ({
  ...censoredRow(job),
  shop_tm_id: shop,
  ro_number: roNumber,
  class: failureClass,
  failed_at: failedAt,
})

/** The numbers of the ROs that failed, in the order of the queue jobs. */
const numbersOf = async ({ warehouse }: Services, jobs: readonly FailedQueueJob[]) => {
  const ros = jobs.flatMap(({ shop, ro }) => (shop === null || ro === null ? [] : [{ shopTmId: shop, ro }]))
  const known = ros.length === 0 ? [] : await warehouse.repairOrders.numbersOf({ ros })
  const byRo = new Map(known.map(({ shopTmId, ro, roNumber }) => [`${shopTmId} ${ro}`, roNumber]))
  return jobs.map(({ shop, ro }) => byRo.get(`${shop} ${ro}`) ?? null)
}

/** @throws HttpProblem 400 when a caller of some shops names none: the queues are not kept by shop */
const filterOf = async (
  query: z.output<typeof Filter>,
  { shop, shopIds, parts }: ApiContext<'shops'>,
): Promise<FailedFilter> => {
  if (shop === null && shopIds !== null)
    throw badInput([{ path: 'shop_id', message: 'is required: you do not have every shop' }])
  const { queue, class: failureClass, ro_number: number, ro: given, since, limit } = query
  if (number !== undefined && given !== undefined)
    throw badInput([{ path: 'ro_number', message: 'cannot be given together with ro' }])
  if (number !== undefined && shop === null)
    throw badInput([{ path: 'shop_id', message: 'is required with ro_number' }])
  const ro = number === undefined || shop === null ? given : await numbered(parts.services, shop, number)
  const at = since === undefined ? undefined : new Date(since)
  return { queue, failureClass, shop: shop?.tmId, ro, since: at, limit }
}

const list = defineRoute({
  method: 'GET',
  path: '/api/failed',
  tag: 'operations',
  summary: 'Failed queue jobs of all queues, and repair orders in quarantine',
  scope: 'shops',
  role: 'manager',
  query: Filter,
  answers: {
    200: {
      about: 'Newest first; the same work failing often is one entry.',
      body: z.object({ failed: z.array(Failed), quarantine: z.looseObject({ count: z.int() }) }),
    },
  },
  handle: async ({ query }, ctx) => {
    const { queueJobs, services } = ctx.parts
    const failed = await listFailed(queueJobs, await filterOf(query, ctx))
    const [numbers, quarantine] = await Promise.all([
      numbersOf(services, failed),
      services.warehouse.quarantine.list({ shopId: ctx.shop?.id ?? null }),
    ])
    return {
      status: 200,
      body: {
        failed: failed.map((job, i) => failedOf(job, numbers[i] ?? null)),
        quarantine: censoredRow(quarantine),
      },
    }
  },
})

const Retried = z.object({
  preview: z.boolean(),
  matched: z.int().optional(),
  by_class: z.record(z.string(), z.int()).optional(),
  by_queue: z.record(z.string(), z.int()).optional(),
  retried: z.int().optional(),
  coalesced: z.int().optional().describe('The same work was waiting already.'),
  refused: z
    .array(z.object({ name: z.string(), id: z.string(), why: z.string() }))
    .optional()
    .describe('What stays failed, each with the reason, such as another listing of the shop that waits.'),
  per_minute: z.int(),
  minutes: z.number().describe('Until the last of them starts.'),
})

const counted = (jobs: readonly FailedQueueJob[], of: (job: FailedQueueJob) => string) => {
  const counts: Record<string, number> = {}
  for (const job of jobs) counts[of(job)] = (counts[of(job)] ?? 0) + 1
  return counts
}

const retry = defineRoute({
  method: 'POST',
  path: '/api/failed/retry',
  tag: 'operations',
  summary: 'Ask again for what failed',
  about:
    'A preview unless `preview=false`: it says what would be asked for and does nothing. There is no `wait`: a retry is spread over minutes and belongs to no run.',
  scope: 'shops',
  role: 'manager',
  query: Filter.extend({
    preview: Flag.default(true),
    rate: whole({ min: 1, max: 6_000 }).default(60).describe('At most so many start per minute.'),
  }),
  enqueues: true,
  waits: false,
  answers: {
    200: { about: 'The preview.', body: Retried },
    202: { about: 'Asked for again.', body: Retried },
  },
  handle: async ({ query }, ctx) => {
    const { queueJobs } = ctx.parts
    const filter = await filterOf(query, ctx)
    const { rate, preview } = query
    if (preview) {
      const jobs = await listFailed(queueJobs, filter)
      const body: z.input<typeof Retried> = {
        preview,
        matched: jobs.length,
        by_class: counted(jobs, (job) => job.failureClass),
        by_queue: counted(jobs, (job) => job.queue),
        per_minute: rate,
        minutes: Math.ceil(jobs.length / rate),
      }
      return { status: 200, body }
    }
    const { retried, coalesced, refused, spreadMs } = await retryFailed(queueJobs, filter, {
      perMinute: rate,
    })
    const body: z.input<typeof Retried> = {
      preview,
      retried,
      coalesced,
      refused: refused.map(({ job, why }) => ({ name: job.name, id: job.id, why: censorText(why) })),
      per_minute: rate,
      minutes: Math.ceil(spreadMs / 60_000),
    }
    return { status: 202, body }
  },
})

const Summary = z.looseObject({
  version: z.string(),
  commit: z.string().nullable(),
  service_key_in_use: z.boolean(),
  rls_everywhere: z.boolean(),
  tables: z.record(z.string(), z.int()).describe('Rows; estimated above 100,000.'),
  last_runs: z.array(z.looseObject({ run_id: z.uuid() })),
  latest_days: z.array(z.looseObject({ metric_date: z.iso.date() })),
  oldest_mark_at: z.string().nullable(),
  failed: z.int().describe('Failed queue jobs of all queues.'),
  failed_by_class: z
    .record(z.string(), z.int())
    .describe('Of the newest `failed_by_class_of_newest` of each queue; `failed` counts them all.'),
  failed_by_class_of_newest: z.int(),
  paused_schedules: z.array(z.object({ schedule: z.string(), since: z.string() })),
  webhook: z
    .record(z.string(), z.int())
    .describe('Hints of Tekmetric by what became of them, since this process began.'),
  budget: z
    .array(
      z.object({
        shop_tm_id: z.int(),
        used_last_minute_by_this_process: z.int().nullable(),
        current_per_minute_to_this_process: z
          .number()
          .nullable()
          .describe('What the setting allows; less after a 429, once this process has asked for a call.'),
      }),
    )
    .describe(
      'Calls to Tekmetric of the process that answers; null without a token. Where workers run beside it, each tells its own in `/metrics` (`warehouse_tm_budget_used_last_minute`).',
    ),
  todos: z.array(z.string()).describe('What a person should do, as far as the system knows.'),
})

const summary = defineRoute({
  method: 'GET',
  path: '/api/ops/summary',
  tag: 'operations',
  summary: 'The state of the installation',
  scope: 'installation',
  role: 'manager',
  answers: { 200: { about: 'The summary; entries of shops are those of yours.', body: Summary } },
  handle: async (_input, { parts, identity }) => ({ status: 200, body: await summaryFor(parts, identity) }),
})

const feed = defineStream({
  method: 'GET',
  path: '/api/events',
  tag: 'operations',
  summary: 'What happens in your shops (server-sent events)',
  about:
    'Events `ro-synced` {ro, outcome, run_id; null without a run, as after a webhook}, `day-changed` {date}, `run` {run_id, kind, trigger, status: `started`, `finished` or `failed`; while its counts move, at most once a second, `listing` or `syncing` with the counts}, each with shop_id, shop_tm_id and at. From now on; look at /api/runs for what was before.',
  scope: 'shops',
  role: 'employee',
  query: z.object({ shop_id: ShopRef.optional() }),
  answers: {
    200: {
      about: 'text/event-stream.',
      body: z.looseObject({ shop_id: z.uuid(), shop_tm_id: z.int(), at: z.string() }),
    },
  },
  stream: async (_input, { parts, shopIds, signal }, emit) => {
    const mine = shopIds === null ? null : new Set(shopIds)
    const end = parts.feed.listen(({ event, data, ...where }) => {
      if (mine === null || mine.has(where.shop_id)) emit({ event, data: { ...where, ...data } })
    })
    await untilAborted(signal)
    end()
  },
})

export const operationRoutes = [...list, ...retry, ...summary, ...feed]
