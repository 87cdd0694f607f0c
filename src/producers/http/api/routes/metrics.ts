// Daily metrics: read, recomputed; and the snapshots they rest on.
import { z } from 'zod'
import { requestDays, requestSnapshots } from '../../../rebuilds.ts'
import { windowFrom, type Window } from '../../../window.ts'
import { CompleteThrough, withCompleteThrough } from '../complete-through.ts'
import { Day, DaysBack, rangeProblems, ShopRef } from '../fields.ts'
import { badInput } from '../input.ts'
import { Waited } from '../present.ts'
import { defineRoute } from '../route.ts'

/** Three years of days in one answer; more are asked for in parts. */
const MOST_DAYS_READ = 1_100
const MOST_DAYS_REBUILT = 3_660

const Range = z.object({ shop_id: ShopRef, start_date: Day, end_date: Day })

/** @throws HttpProblem 400 naming the field */
const checkedRange = (range: z.output<typeof Range>, mostDays: number): Window => {
  const problems = rangeProblems(range, mostDays)
  if (problems.length > 0) throw badInput(problems)
  return { from: range.start_date, to: range.end_date }
}

const DailyRow = z.looseObject({
  metric_date: z.iso.date(),
  ro_count: z.int(),
  authorized_revenue: z.int().describe('[AUTHORIZED] cents'),
  authorized_cost: z.int(),
  authorized_profit: z.int(),
  authorized_gp_percent: z.number().nullable(),
  labor_hours: z.number(),
  net_sales: z.int(),
})

const daily = defineRoute({
  method: 'GET',
  path: '/api/metrics/daily',
  tag: 'metrics',
  summary: 'The daily metrics of a shop',
  about:
    'Rows of daily_shop_metrics, oldest first; a day without repair orders is absent. Money in cents; all columns are in docs/warehouse.md.',
  scope: 'shop',
  role: 'employee',
  query: Range,
  answers: { 200: { about: 'The rows.', body: z.object({ rows: z.array(DailyRow), ...CompleteThrough }) } },
  handle: async ({ query }, { parts, shop }) => {
    const window = checkedRange(query, MOST_DAYS_READ)
    const { services } = parts
    const rows = services.warehouse.metrics
      .daily({ shopId: shop.id, ...window })
      .then((all) => ({ rows: all }))
    return { status: 200, body: await withCompleteThrough(services, shop.id, rows) }
  },
})

const Rebuilt = z.object({ days: z.array(z.iso.date()), ...Waited })

const rebuild = defineRoute({
  method: 'POST',
  path: '/api/metrics/daily/rebuild',
  tag: 'metrics',
  summary: 'Recompute days',
  scope: 'shop',
  role: 'manager',
  query: Range,
  enqueues: true,
  answers: { 202: { about: 'Asked for.', body: Rebuilt }, 200: { about: 'Waited for.', body: Rebuilt } },
  handle: async ({ query }, { parts, shop }) => {
    const window = checkedRange(query, MOST_DAYS_REBUILT)
    const { days } = await requestDays(parts, { shop, window })
    return { status: 202, body: { days }, waitFor: { kind: 'fan-out', shopId: shop.id } }
  },
})

const Built = z.object({
  from: z.iso.date(),
  to: z.iso.date(),
  repair_orders: z.int(),
  ...Waited,
})

const build = defineRoute({
  method: 'POST',
  path: '/api/snapshots/build',
  tag: 'metrics',
  summary: 'Build the snapshots of repair orders posted or completed in a window',
  about: 'Either `days_back` (default 3) or `start_date` and `end_date`. Their days follow by themselves.',
  scope: 'shop',
  role: 'manager',
  query: z.object({
    shop_id: ShopRef,
    days_back: DaysBack.optional(),
    start_date: Day.optional(),
    end_date: Day.optional(),
  }),
  enqueues: true,
  answers: { 202: { about: 'Asked for.', body: Built }, 200: { about: 'Waited for.', body: Built } },
  handle: async ({ query }, { parts, shop }) => {
    const { days_back: daysBack, start_date: from, end_date: to } = query
    if (from !== undefined && daysBack !== undefined)
      throw badInput([{ path: 'days_back', message: 'cannot be given together with start_date' }])
    const today = await parts.services.clock()
    const window = windowFrom({ from, to, daysBack }, { timezone: shop.timezone, today })
    const problems = rangeProblems({ start_date: window.from, end_date: window.to }, MOST_DAYS_REBUILT)
    if (problems.length > 0) throw badInput(problems)
    const { repairOrders } = await requestSnapshots(parts, { shop, window })
    const body = { ...window, repair_orders: repairOrders }
    return { status: 202, body, waitFor: { kind: 'fan-out', shopId: shop.id } }
  },
})

export const metricRoutes = [...daily, ...rebuild, ...build]
