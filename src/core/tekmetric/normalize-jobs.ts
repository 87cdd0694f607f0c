// Jobs and their lines in the bundle's shape; line numbers are the positions in which TM sent them.
import type { EmployeeMention, FeeFields, JobFields } from '../warehouse/bundle.ts'
import type { LaborLine } from './schema-lines.ts'
import { JOB_KEYS } from './schemas.ts'
import type { Job } from './schemas.ts'
import { extraOf } from './scrub.ts'
import { timesCents } from './values.ts'

/** A ratio as a percentage with 2 decimals, half away from zero: 0.653163 → 65.32. */
export const percentOf = (ratio: number | null): number | null =>
  ratio === null ? null : timesCents(ratio, 10_000) / 100

/** Numbers lines from 1 in the order sent. */
export const withLineNumbers = <T extends object>(lines: readonly T[]): Array<T & { line_no: number }> =>
  lines.map((line, index) => ({ ...line, line_no: index + 1 }))

export interface Jobs {
  readonly jobs: JobFields[]
  readonly employees: EmployeeMention[]
}

/** A sublet that two jobs repeat under one id counts once, in the first of them. */
export const asJobs = (sent: readonly Job[]): Jobs => {
  const sublets = new Set<number>()
  const isNew = (tmId: number | null): boolean => {
    if (tmId === null) return true
    if (sublets.has(tmId)) return false
    sublets.add(tmId)
    return true
  }
  const jobs = sent.map((job) => jobOf({ ...job, sublets: job.sublets.filter(({ tm_id }) => isNew(tm_id)) }))
  return { jobs, employees: sent.flatMap(({ labor }) => labor.flatMap(techniciansOf)) }
}

const techniciansOf = (line: LaborLine): EmployeeMention[] =>
  line.technician_tm_id === null
    ? []
    : [
        {
          tm_id: line.technician_tm_id,
          first_name: line.technician_first_name,
          last_name: line.technician_last_name,
        },
      ]

/** Mapped, or objects about people and vehicles that have their own tables. */
const JOB_MAPPED = new Set([
  ...JOB_KEYS,
  'repairOrderId',
  'repairOrderNumber',
  'repairOrderVehicleDescription',
  'technician',
  'laborTechnicians',
])

const jobOf = (job: Job): JobFields => ({
  tm_id: job.id,
  name: job.name,
  description: job.description,
  note: job.note,
  authorized: job.authorized,
  authorized_date: job.authorizedDate,
  declined: job.declined,
  selected: job.selected,
  archived: job.archived,
  sort_order: job.sortOrder ?? job.sort,
  category: job.jobCategory.name ?? job.jobCategoryName ?? job.jobCategory.code ?? job.jobCategoryCode,
  total: job.total,
  subtotal: job.subTotal ?? job.subtotal,
  discount: job.discount ?? sumOf(job.discounts),
  tax: job.tax,
  parts_total: job.partsPrice,
  parts_cost: job.partsCost,
  labor_total: job.laborPrice,
  labor_hours: job.laborHours ?? job.laborTime,
  sublet_total: job.subletPrice,
  sublet_cost: job.subletCost,
  fee_total: job.feePrice,
  gross_profit_amount: job.grossProfitAmount,
  gross_profit_percent: percentOf(job.grossProfitPercentage),
  tm_extra: extraOf(job, JOB_MAPPED),
  parts: withLineNumbers(job.parts),
  labor: withLineNumbers(job.labor).map(
    ({ technician_first_name: _first, technician_last_name: _last, ...line }) => line,
  ),
  sublets: withLineNumbers(job.sublets.map((sublet) => ({ ...sublet, authorized: null }))),
  fees: withLineNumbers(job.fees ?? unlistedFee(job.feePrice)),
})

/** The job's listed discounts, when TM sent no sum of them. */
const sumOf = (discounts: readonly number[]): number | null =>
  discounts.length === 0 ? null : discounts.reduce((sum, discount) => sum + discount, 0)

/** No list of fees, but their sum: one fee without a name, or the money would be in no figure. An empty list means none. */
const unlistedFee = (total: number | null): Array<Omit<FeeFields, 'line_no'>> =>
  total === null || total === 0
    ? []
    : [{ name: null, fee_type: 'other', amount: null, percentage: null, cap: null, taxable: null, total }]
