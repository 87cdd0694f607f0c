// Asking for syncs: the lists of a shop, its repair orders, one repair order, a backfill.
import { z } from 'zod'
import { UsageError } from '../../../../core/errors.ts'
import { enqueueBackfill, forecastBackfill, openBackfill, OtherDaysOpen } from '../../../backfill.ts'
import { BOARDS, LISTS, requestList, requestRepairOrders, type List } from '../../../sync-runs.ts'
import { windowFrom } from '../../../window.ts'
import { Day, DaysBack, Flag, rangeProblems, RoTmId, ShopRef, whole } from '../fields.ts'
import { badInput } from '../input.ts'
import { numbered } from '../numbered.ts'
import { Backfill, Run, Waited } from '../present.ts'
import { defineRoute } from '../route.ts'

const RunAsked = z.object({
  run_id: z.uuid().describe('Look at it with GET /api/runs/{id}.'),
  ...Waited,
  run: Run.optional(),
})
const ASKED = { 202: { about: 'Asked for.', body: RunAsked }, 200: { about: 'Waited for.', body: RunAsked } }

const list = (kind: List) =>
  defineRoute({
    method: 'POST',
    path: `/api/sync/${kind}`,
    tag: 'sync',
    summary: `Sync the ${kind} of a shop`,
    scope: 'shop',
    role: 'manager',
    query: z.object({ shop_id: ShopRef }),
    enqueues: true,
    alsoGet: true,
    answers: ASKED,
    handle: async (_input, { parts, shop, requestKey }) => {
      const { runId } = await requestList(parts, { shop, kind, trigger: 'api', requestKey })
      return { status: 202, body: { run_id: runId }, waitFor: { kind: 'run', runId, fanOutOf: null } }
    },
  })

const repairOrders = defineRoute({
  method: 'POST',
  path: '/api/sync/repair-orders',
  tag: 'sync',
  summary: 'Sync the repair orders of a shop that differ',
  about:
    'Lists the boards and the posted repair orders of the window, and reads each that differs from the warehouse.',
  scope: 'shop',
  role: 'manager',
  query: z.object({
    shop_id: ShopRef,
    days_back: DaysBack.default(3).describe('Window of posted repair orders, in shop-local days.'),
    board: z.enum(BOARDS, `must be one of ${BOARDS.join(', ')}`).default('ALL'),
    limit: whole({ min: 1, max: 100_000 }).optional().describe('Read at most so many of those that differ.'),
    store_raw: Flag.optional().describe("Keep Tekmetric's answers as they came, for a week."),
  }),
  enqueues: true,
  alsoGet: true,
  answers: ASKED,
  handle: async ({ query }, { parts, shop, requestKey }) => {
    const { days_back: daysBack, board, limit, store_raw: storeRaw } = query
    const wish = { shop, trigger: 'api', requestKey, daysBack, board, limit, storeRaw } as const
    const { runId } = await requestRepairOrders(parts, wish)
    return { status: 202, body: { run_id: runId }, waitFor: { kind: 'run', runId, fanOutOf: shop.id } }
  },
})

const Resynced = RunAsked.extend({
  ro: z.int().describe("Tekmetric's id."),
  result: z
    .enum(['queued', 'coalesced', 'queued-after-active'])
    .describe(
      'queued: it waits now; coalesced: it waited already, the run is the one that waits; queued-after-active: it is being read, and once more afterwards.',
    ),
})

const BY_NUMBER = 'by-number'

const resync = defineRoute({
  method: 'POST',
  path: '/api/sync/repair-orders/{ro_id}',
  tag: 'sync',
  summary: 'Read one repair order again, now',
  about:
    'Whatever the answer says, the repair order is read from Tekmetric after the request arrived. It goes before everything that schedules ask for.',
  scope: 'shop',
  role: 'employee',
  params: z.object({
    ro_id: z
      .union([RoTmId, z.literal(BY_NUMBER)], { error: "must be Tekmetric's id, or by-number with ro_number" })
      .meta({ type: 'string', description: "Tekmetric's id; or `by-number`, together with `ro_number`." }),
  }),
  query: z.object({
    shop_id: ShopRef,
    ro_number: RoTmId.optional().describe('The number people say, instead of the id.'),
  }),
  enqueues: true,
  alsoGet: true,
  answers: {
    202: { about: 'Asked for.', body: Resynced },
    200: { about: 'Waited for.', body: Resynced },
  },
  handle: async ({ params, query }, { parts, shop }) => {
    const find = (number: number) => numbered(parts.services, shop, number, 'read-again')
    const ro = await roOf(params.ro_id, query.ro_number, find)
    const { runId, result } = await parts.desk.request({ shop, ro })
    return {
      status: 202,
      body: { ro, result, run_id: runId },
      waitFor: { kind: 'run', runId, fanOutOf: shop.id },
    }
  },
})

const roOf = async (
  id: number | typeof BY_NUMBER,
  number: number | undefined,
  find: (number: number) => Promise<number>,
): Promise<number> => {
  if (id !== BY_NUMBER) {
    if (number === undefined) return id
    throw badInput([{ path: 'ro_number', message: `is only read at /api/sync/repair-orders/${BY_NUMBER}` }])
  }
  if (number === undefined) throw badInput([{ path: 'ro_number', message: 'is required' }])
  return find(number)
}

/** Ten years, as a queue job takes it. */
const MOST_BACKFILL_DAYS = 3_660
/** Days read at once; small windows show progress and repeat little. */
const WINDOW_DAYS = 1

const Opened = z.object({
  backfill_id: z.uuid(),
  link: z.string().describe('Where it is followed: GET /api/backfills/{id}.'),
  existing: z.boolean().describe('The shop had an open backfill: it goes on, with its own days.'),
  from: z.iso.date(),
  to: z.iso.date(),
  employees_run_id: z.uuid().describe('The employees are read first.'),
  calls: z.object({ listing: z.int(), reading: z.int(), total: z.int() }).describe('Calls to Tekmetric.'),
  eta: z.object({
    minutes_alone: z.number().describe('With the whole budget.'),
    minutes_at_floor: z.number().describe('With what live sync leaves at its busiest.'),
    ready_at: z.string().meta({ format: 'date-time' }).describe('With the whole budget, from now.'),
  }),
  ros: z.object({ posted: z.int(), to_read: z.int(), basis: z.string() }),
  ...Waited,
  backfill: Backfill.optional(),
})

/** @throws HttpProblem 400 that names the days which the backfill refuses */
const badDays = (error: unknown): never => {
  if (error instanceof OtherDaysOpen) {
    const { from, to } = error.open
    const why = `the shop has an open backfill from ${from} to ${to}; ask for its days, or wait for its end`
    throw badInput([
      { path: 'start_date', message: why },
      { path: 'end_date', message: why },
    ])
  }
  if (error instanceof UsageError) throw badInput([{ path: 'end_date', message: error.message }])
  throw error
}

const fullBackfill = defineRoute({
  method: 'POST',
  path: '/api/sync/full-backfill',
  tag: 'sync',
  summary: 'Read all posted repair orders of past days',
  about: 'Employees first, then repair orders, newest day first. Asking again goes on where it was.',
  scope: 'shop',
  role: 'admin',
  query: z.object({
    shop_id: ShopRef,
    start_date: Day,
    end_date: Day.optional().describe('Default: today.'),
  }),
  enqueues: true,
  alsoGet: true,
  answers: { 202: { about: 'Opened.', body: Opened }, 200: { about: 'Waited for.', body: Opened } },
  handle: async ({ query }, { parts, shop, requestKey }) => {
    const { services, installation } = parts
    const today = await services.clock()
    const window = windowFrom(
      { from: query.start_date, to: query.end_date },
      { timezone: shop.timezone, today },
    )
    const problems = rangeProblems({ start_date: window.from, end_date: window.to }, MOST_BACKFILL_DAYS)
    if (problems.length > 0) throw badInput(problems)
    const { requestsPerMinute } = installation
    const wish = { shop, window, windowDays: WINDOW_DAYS, requestsPerMinute }
    const forecast = await forecastBackfill(services, wish).catch(badDays)
    const request = {
      shopTmId: shop.tmId,
      ...window,
      windowDays: WINDOW_DAYS,
      trigger: 'api',
      forecast,
    } as const
    // Opened before anything is enqueued: it may be refused. Its windows come after the employees.
    const opened = await openBackfill(parts, request).catch(badDays)
    const employees = await requestList(parts, { shop, kind: 'employees', trigger: 'api', requestKey })
    await enqueueBackfill(parts, opened)
    const { backfillId, existing, from, to } = opened
    const { calls, minutes, ros, toRead, basis } = forecast
    const body: z.input<typeof Opened> = {
      backfill_id: backfillId,
      link: `/api/backfills/${backfillId}`,
      existing,
      from,
      to,
      employees_run_id: employees.runId,
      calls,
      eta: {
        minutes_alone: minutes.alone,
        minutes_at_floor: minutes.atFloor,
        ready_at: new Date(Date.now() + minutes.alone * 60_000).toISOString(),
      },
      ros: { posted: ros, to_read: toRead, basis },
    }
    return { status: 202, body, waitFor: { kind: 'backfill', backfillId } }
  },
})

// The targeted route comes after those with a word in its place.
export const syncRoutes = [...LISTS.flatMap(list), ...repairOrders, ...fullBackfill, ...resync]
