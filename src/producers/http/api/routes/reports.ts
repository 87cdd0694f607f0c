// The dashboard's figures and the explanation of a day, from the warehouse only. Formulas and words: docs/metric-contracts.md.
import { z } from 'zod'
import { PRESETS, type Place } from '../../../../core/warehouse/reports.ts'
import type { Shop } from '../../../../core/warehouse/warehouse.ts'
import { DatabaseRejected } from '../../../../core/errors.ts'
import { todayOf } from '../../../window.ts'
import { notFound } from '../../problem.ts'
import { CompleteThrough, withCompleteThrough } from '../complete-through.ts'
import {
  afterField,
  Day,
  Moment,
  nextOf,
  NOT_A_PLACE,
  rangeProblems,
  RoTmId,
  ShopRef,
  whole,
} from '../fields.ts'
import { badInput } from '../input.ts'
import type { ApiParts } from '../parts.ts'
import { defineRoute } from '../route.ts'

/** Three years; longer ones are asked for in parts. */
const MOST_DAYS = 1_100

const Period = {
  shop_id: ShopRef,
  range: z
    .enum(PRESETS, `must be one of ${PRESETS.join(', ')}`)
    .optional()
    .describe("A period of the shop's calendar; instead of the two days. Default: today."),
  start_date: Day.optional(),
  end_date: Day.optional(),
}
const Paging = {
  after: afterField(z.record(z.string(), z.union([z.string(), z.number()]))).optional(),
  limit: whole({ min: 1, max: 500 }).default(100),
}

const Row = z.looseObject({})
const Rows = z.array(Row)
const Ranged = { from: z.iso.date(), to: z.iso.date() }
const Proven = { ...Ranged, ...CompleteThrough }
const Next = z.string().nullable().describe('Give it back as `after`; null on the last page.')

/** The days asked for. @throws HttpProblem 400 that names the field */
const periodOf = async (
  { services }: ApiParts,
  shop: Shop,
  query: z.output<z.ZodObject<typeof Period>>,
): Promise<{ shopId: string; from: string; to: string; preset: (typeof PRESETS)[number] | 'custom' }> => {
  const { range, start_date: from, end_date: to } = query
  const shopId = shop.id
  if (from !== undefined || to !== undefined) {
    const days = { start_date: from, end_date: to }
    const problems = [
      ...(range === undefined ? [] : [{ path: 'range', message: 'cannot be given together with days' }]),
      ...Object.entries(days)
        .filter(([, day]) => day === undefined)
        .map(([path]) => ({ path, message: 'is required with the other day' })),
      ...rangeProblems(days, MOST_DAYS),
    ]
    if (problems.length > 0 || from === undefined || to === undefined) throw badInput(problems)
    return { shopId, from, to, preset: 'custom' }
  }
  const at = (await services.clock()).toISOString()
  const period = await services.warehouse.reports.period({ shopId, preset: range ?? 'today', at })
  if (period === null) throw notFound()
  return { shopId, from: period.from, to: period.to, preset: period.preset }
}

const pageOf = ({ after, limit }: { after?: Place | undefined; limit: number }) => ({
  after: after ?? null,
  limit,
})

const textOf = (place: Place | null): string | null => (place === null ? null : nextOf(place))

/** A place that was tampered with is refused by the database: that is the caller's doing, too. */
const orBadPlace = <T>(after: Place | undefined, answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    const isRefused = error instanceof DatabaseRejected && error.failureClass === 'data'
    if (after === undefined || !isRefused) throw error
    throw badInput([{ path: 'after', message: NOT_A_PLACE }])
  })

/** The reports know the shop by its id; it can only vanish in this very moment. */
const found = <T extends object>(report: T | null) => {
  if (report === null) throw notFound()
  return { status: 200, body: report }
}

/** A report of a period, beside up to when its figures are proven. */
const ranged = async <T extends object>({ services }: ApiParts, shop: Shop, report: Promise<T | null>) =>
  found(await withCompleteThrough(services, shop.id, report))

const READER = { method: 'GET', tag: 'reports', scope: 'shop', role: 'employee' } as const

const summary = defineRoute({
  ...READER,
  path: '/api/dashboard/summary',
  summary: 'Revenue, profit, car count and hours of a period, with the period before and how fresh they are',
  query: z.object(Period),
  answers: {
    200: {
      about: 'Money in cents, [AUTHORIZED] unless the name says potential; a ratio without a basis is null.',
      body: z.object({ ...Ranged, current: Row, previous: Row, estimated: Row, freshness: Row }),
    },
  },
  handle: async ({ query }, { parts, shop }) =>
    found(await parts.services.warehouse.reports.summary(await periodOf(parts, shop, query))),
})

const daily = defineRoute({
  ...READER,
  path: '/api/dashboard/daily',
  summary: 'The days of a period',
  query: z.object(Period),
  answers: {
    200: {
      about: 'Oldest first.',
      body: z.object({ ...Proven, days: Rows, dirty_days: z.array(z.string()) }),
    },
  },
  handle: async ({ query }, { parts, shop }) => {
    const period = await periodOf(parts, shop, query)
    return ranged(parts, shop, parts.services.warehouse.reports.daily(period))
  },
})

const technicians = defineRoute({
  ...READER,
  path: '/api/dashboard/technicians',
  summary: 'Hours, sales and profit of each technician in a period',
  query: z.object(Period),
  answers: {
    200: {
      about: 'The technicians.',
      body: z.object({ ...Proven, technicians: Rows, unassigned: Row, shop: Row }),
    },
  },
  handle: async ({ query }, { parts, shop }) => {
    const period = await periodOf(parts, shop, query)
    return ranged(parts, shop, parts.services.warehouse.reports.technicians(period))
  },
})

const advisors = defineRoute({
  ...READER,
  path: '/api/dashboard/advisors',
  summary: 'Sales and profit of each service advisor in a period',
  query: z.object(Period),
  answers: { 200: { about: 'The advisors.', body: z.object({ ...Proven, advisors: Rows }) } },
  handle: async ({ query }, { parts, shop }) => {
    const period = await periodOf(parts, shop, query)
    return ranged(parts, shop, parts.services.warehouse.reports.advisors(period))
  },
})

/** The lists of repair orders of a period, which come in pages. */
const LISTS = {
  'repair-orders': { summary: 'The repair orders that a period counts', call: 'repairOrders', more: {} },
  exceptions: {
    summary: 'Repair orders of a period with a loss or a variance, and sums by kind',
    call: 'exceptions',
    more: { kinds: Rows },
  },
  'estimated-costs': {
    summary: 'Repair orders and technicians of a period whose labor cost is estimated, most money first',
    call: 'estimatedCosts',
    more: { technicians: Rows, unassigned: Row, labor_cost: z.int(), estimated_labor_cost: z.int() },
  },
} as const

const lists = Object.entries(LISTS).flatMap(([name, { summary: about, call, more }]) =>
  defineRoute({
    ...READER,
    path: `/api/dashboard/${name}`,
    summary: about,
    query: z.object({ ...Period, ...Paging }),
    answers: {
      200: { about: 'A page.', body: z.object({ ...Proven, repair_orders: Rows, next: Next, ...more }) },
    },
    handle: async ({ query }, { parts, shop }) => {
      const { preset: _preset, ...range } = await periodOf(parts, shop, query)
      const asked = parts.services.warehouse.reports[call]({ ...range, ...pageOf(query) })
      const page = orBadPlace(query.after, asked).then((it) => it && { ...it, next: textOf(it.next) })
      return ranged(parts, shop, page)
    },
  }),
)

const workInProgress = defineRoute({
  ...READER,
  path: '/api/dashboard/work-in-progress',
  summary: 'Open repair orders, and sums by status',
  query: z.object({ shop_id: ShopRef, ...Paging }),
  answers: { 200: { about: 'A page.', body: z.object({ statuses: Rows, repair_orders: Rows, next: Next }) } },
  handle: async ({ query }, { parts, shop }) => {
    const { reports } = parts.services.warehouse
    const page = await orBadPlace(query.after, reports.workInProgress({ shopId: shop.id, ...pageOf(query) }))
    return found(page === null ? null : { ...page, next: textOf(page.next) })
  },
})

const restatements = defineRoute({
  ...READER,
  path: '/api/dashboard/restatements',
  summary: 'Figures of past days that changed since an instant, and the repair orders behind it',
  query: z.object({ shop_id: ShopRef, since: Moment, ...Paging }),
  answers: {
    200: { about: 'A page.', body: z.object({ since: z.string(), restatements: Rows, next: Next }) },
  },
  handle: async ({ query }, { parts, shop }) => {
    const { reports } = parts.services.warehouse
    const wish = { shopId: shop.id, since: query.since, ...pageOf(query) }
    const page = await orBadPlace(query.after, reports.restatements(wish))
    return found(page === null ? null : { ...page, next: textOf(page.next) })
  },
})

const explain = defineRoute({
  ...READER,
  path: '/api/explain',
  summary: 'The repair orders, lines, payload and run behind a day',
  query: z.object({
    shop_id: ShopRef,
    date: Day,
    ro: RoTmId.optional().describe("Only this repair order, by Tekmetric's id."),
  }),
  answers: { 200: { about: 'The day taken apart.', body: Row } },
  handle: async ({ query }, { parts: { services }, shop }) => {
    const { timezone } = shop
    const today = todayOf({ timezone, today: await services.clock() })
    // Nothing counts there yet, and zeros would look like an answer.
    if (query.date > today) throw badInput([{ path: 'date', message: `is after the shop's today, ${today}` }])
    const wish = { shopId: shop.id, date: query.date, roTmId: query.ro ?? null }
    return found(await services.warehouse.explanations.day(wish))
  },
})

export const reportRoutes = [
  ...summary,
  ...daily,
  ...technicians,
  ...advisors,
  ...lists,
  ...workInProgress,
  ...restatements,
  ...explain,
]
