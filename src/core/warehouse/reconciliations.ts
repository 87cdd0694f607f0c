// Days compared with TM's profit report, and what the warehouse finds wrong with itself. See migrations/026_reconciliations.sql.
import { z } from 'zod'
import type { DayRange } from '../day-ranges.ts'
import type { ReportedProfit } from '../tekmetric/types.ts'
import { callRpc, type WarehouseApi } from './rpc.ts'
import { Count, daysArgs, Instant, IsoDate, type ShopDays } from './shapes.ts'

const Finding = z.object({
  check: z.string(),
  date: IsoDate.nullable(),
  /** TM's id; null when the day itself is wrong. */
  ro: z.int().nullable(),
  ro_number: z.int().nullable(),
  table: z.string(),
  column: z.string().nullable(),
  stored: z.unknown(),
  expected: z.unknown(),
  action: z.string(),
})
/** One contradiction of the warehouse with itself. */
export type Finding = z.output<typeof Finding>

const Difference = z.object({
  /** `missing` here, `extra` here, a `figure` that differs from TM's, or what a built-in `check` found. */
  kind: z.enum(['missing', 'extra', 'figure', 'check']),
  ro: z.int().nullable(),
  ro_number: z.int().optional(),
  column: z.string().nullable(),
  tm: z.unknown().optional(),
  here: z.unknown().optional(),
  check: z.string().optional(),
  expected: z.unknown().optional(),
  /** What reading the RO again gave: an outcome of its run item. */
  resynced: z.string().optional(),
  failure: z.string().optional(),
})
export type Difference = z.output<typeof Difference>

const State = z.enum(['proven', 'differs', 'not_yet'])

const Day = z.object({
  date: IsoDate,
  state: State,
  reason: z.string().nullable(),
  /** The listing began after the day was over. */
  whole: z.boolean(),
  tm_ros: Count.nullable(),
  local_ros: Count.nullable(),
  /** Completed and not posted: TM's report cannot confirm them. */
  completed_ros: Count.nullable(),
  differences: z.array(Difference),
  run_id: z.uuid().nullable(),
  listed_at: Instant.nullable(),
  reconciled_at: Instant.nullable(),
  changed_at: Instant.nullable(),
})
export type ReconciledDay = z.output<typeof Day>

const CompleteThrough = z.object({
  from: IsoDate.nullable(),
  through: IsoDate.nullable(),
  through_at: Instant.nullable(),
  days_proven: Count,
  days_differing: Count,
  days_unproven: Count,
  why: z.object({
    date: IsoDate.nullable(),
    state: State,
    reason: z.string().nullable(),
    differences: Count,
  }),
})
export type CompleteThrough = z.output<typeof CompleteThrough>

const Range = z.object({ from: IsoDate, to: IsoDate })

const Work = z.object({
  ranges: z.array(Range.extend({ looks: z.int().min(0).max(2) })),
  pending: Count,
  stale: Count,
  dirty: Count,
})
/** `looks` per range: 0 not compared, 1 what differed is being read again, 2 decided. */
export type ReconcileWork = z.output<typeof Work>

export interface ReportedRepairOrder extends ReportedProfit {
  readonly ro: number
  readonly posted: string | null
}

export interface Comparison extends ShopDays {
  readonly runId: string
  readonly rows: readonly ReportedRepairOrder[]
  /** When reading the report began. */
  readonly listedAt: string
  /** False when TM cut the report off or counts other ROs than it lists. */
  readonly complete: boolean
  /** True decides; false puts what differs on the run to be read again. */
  readonly last: boolean
}

export const reconciliationCalls = (api: WarehouseApi) => ({
  /** Ranges that a scheduled reconcile looks at: the given one and older days that are not proven. */
  plan: (range: ShopDays): Promise<DayRange[]> =>
    callRpc(api, 'reconcile_plan', daysArgs(range), z.array(Range)),

  work: ({ runId }: { runId: string }): Promise<ReconcileWork> =>
    callRpc(api, 'reconcile_work', { p_run_id: runId }, Work),

  /** Compares and stores one range. `resync` and `rebuild` are planned in the warehouse and have to be enqueued. */
  compare: ({ runId, rows, listedAt, complete, last, ...range }: Comparison) =>
    callRpc(
      api,
      'reconcile_days',
      {
        ...daysArgs(range),
        p_run_id: runId,
        p_rows: rows,
        p_listing: { listed_at: listedAt, complete },
        p_last: last,
      },
      z.object({
        resync: z.array(z.int()),
        rebuild: z.array(IsoDate),
        findings: z.array(z.object({ check: z.string(), ro: z.int().nullable() })),
        open: Count,
      }),
    ),

  days: (range: ShopDays): Promise<ReconciledDay[]> =>
    callRpc(api, 'reconciliation_days', daysArgs(range), z.array(Day)),

  completeThrough: ({ shopId }: { shopId: string }): Promise<CompleteThrough> =>
    callRpc(api, 'complete_through', { p_shop_id: shopId }, CompleteThrough),

  /** The built-in checks: what contradicts itself on these days. TM is not asked. */
  check: (range: ShopDays): Promise<Finding[]> =>
    callRpc(api, 'check_warehouse', daysArgs(range), z.array(Finding)),
})
