// A day taken apart down to its lines, their source and what was superseded. Reads only; formulas stay in SQL.
import { z } from 'zod'
import { CountedRepairOrder } from './reports.ts'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Cents, Instant, IsoDate } from './shapes.ts'

const Figures = z.record(z.string(), z.number().nullable())
const Difference = z.object({ metric: z.string(), left: z.json(), right: z.json() })

const Job = z.object({
  tm_id: z.int(),
  name: z.string().nullable(),
  authorized: z.boolean().nullable(),
  archived: z.boolean().nullable(),
  discount: Cents.nullable(),
  tax: Cents.nullable(),
  parts: z.array(
    z.looseObject({ name: z.string().nullable(), quantity: z.number(), total: Cents, cost_total: Cents }),
  ),
  labor: z.array(
    z.looseObject({
      name: z.string().nullable(),
      hours: z.number(),
      total: Cents,
      technician_name: z.string().nullable(),
      labor_cost: Cents,
      rate_source: z.enum(['assigned', 'shop_avg', 'default']),
    }),
  ),
  sublets: z.array(z.looseObject({ name: z.string().nullable(), retail: Cents, cost: Cents })),
  fees: z.array(z.looseObject({ name: z.string().nullable(), total: Cents })),
})
export type ExplainedJob = z.output<typeof Job>

const ExplainedRepairOrder = CountedRepairOrder.extend({
  lines: z.looseObject({
    jobs: z.array(Job),
    sublets: z.array(
      z.looseObject({
        name: z.string().nullable(),
        retail: Cents,
        cost: Cents,
        authorized: z.boolean().nullable(),
      }),
    ),
    fees: z.array(z.looseObject({ name: z.string().nullable(), total: Cents })),
    ro_discount: Cents.nullable(),
    tm_profit: z.looseObject({ revenue: Cents, cost: Cents.nullable(), profit: Cents.nullable() }).nullable(),
  }),
  source: z.object({
    tm_updated_at: Instant.nullable(),
    fetched_at: Instant,
    stored_at: Instant,
    run_id: z.uuid().nullable(),
    run: z.looseObject({ kind: z.string(), trigger: z.string(), started_at: Instant }).nullable(),
    payload: z.looseObject({ id: z.uuid(), fetched_at: Instant, expires_at: Instant }).nullable(),
  }),
  differences: z.array(Difference),
})
export type ExplainedRepairOrder = z.output<typeof ExplainedRepairOrder>

const Explanation = z.object({
  date: IsoDate,
  day: Figures.nullable(),
  repair_orders: z.array(ExplainedRepairOrder),
  superseded: z.array(
    z.object({
      ro_tm_id: z.int(),
      ro_number: z.int(),
      trigger: z.string(),
      authorized_revenue: Cents.nullable(),
      authorized_profit: Cents.nullable(),
      superseded_at: Instant,
      cause: z.enum(['deleted', 'counts_elsewhere', 'status_does_not_count']),
      status_now: z.string(),
      counts_on: IsoDate.nullable(),
      counts_as: z.string().nullable(),
    }),
  ),
  is_dirty: z.boolean(),
  printed: Figures,
  differences: z.array(Difference).nullable(),
  asked: z
    .object({
      ro_tm_id: z.int(),
      ro_number: z.int(),
      status: z.string(),
      counts_on: IsoDate.nullable(),
      counts_as: z.string().nullable(),
      is_stale: z.boolean(),
    })
    .nullable(),
})
export type Explanation = z.output<typeof Explanation>

export const explanationCalls = (api: WarehouseApi) => ({
  /**
   * The counted ROs of a shop-local day, or one of them, with their lines. `differences` is empty when the lines add up
   * to the day's row (left: the row, right: the lines), and null when one RO was asked for.
   */
  day: ({ shopId, date, roTmId = null }: { shopId: string; date: string; roTmId?: number | null }) =>
    callRpc(
      api,
      'explain_day',
      { p_shop_id: shopId, p_date: date, p_ro_tm_id: roTmId },
      Explanation.nullable(),
    ),
})
