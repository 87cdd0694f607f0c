// The three answers that make one RO: header, /estimate, /profit/labor (tekmetric-api.md §4.3–4.5).
// Unknown keys are kept (they end in `tm_extra`); every known key is read through values.ts.
import { z } from 'zod'
import {
  discountSchema,
  feeSchema,
  laborSchema,
  listOf,
  listOrNull,
  partSchema,
  person,
  subletSchema,
} from './schema-lines.ts'
import {
  cents,
  decimal,
  displayInstant,
  flag,
  id,
  instant,
  named,
  ratio,
  requiredId,
  text,
  whole,
} from './values.ts'

const vehicle = z
  .looseObject({
    id,
    customerId: id,
    year: whole,
    make: named,
    makeId: id,
    model: named,
    modelId: id,
    subModel: named,
    subModelId: id,
  })
  .nullish()

export const headerSchema = z.looseObject({
  id: requiredId,
  repairOrderNumber: id,
  roNumber: id,
  shopId: id,
  repairOrderStatus: named,
  status: named,
  repairOrderLabel: named,
  customer: person,
  customerId: id,
  vehicle,
  vehicleId: id,
  serviceWriter: person,
  serviceAdvisor: person,
  serviceWriterId: id,
  serviceAdvisorId: id,
  createdDate: instant,
  updatedDate: instant,
  completedDate: instant,
  postedDate: instant,
  deletedDate: instant,
  promisedDate: displayInstant,
  droppedOffDate: displayInstant,
  pickedUpDate: displayInstant,
  amountPaid: cents,
  balanceDue: cents,
  milesIn: decimal,
  milesOut: decimal,
  notes: text,
})

export type Header = z.output<typeof headerSchema>

const jobFields = z.looseObject({
  id: requiredId,
  name: text,
  description: text,
  note: text,
  status: named,
  authorized: flag,
  authorizedDate: instant,
  declined: flag,
  selected: flag,
  archived: flag,
  sortOrder: whole,
  sort: whole,
  jobCategory: named,
  jobCategoryName: text,
  jobCategoryCode: text,
  total: cents,
  subtotal: cents,
  subTotal: cents,
  discount: cents,
  tax: cents,
  partsPrice: cents,
  partsCost: cents,
  laborPrice: cents,
  laborHours: decimal,
  laborTime: decimal,
  subletPrice: cents,
  subletCost: cents,
  feePrice: cents,
  grossProfitAmount: cents,
  grossProfitPercentage: ratio,
  parts: listOf(partSchema),
  labor: listOf(laborSchema),
  sublets: listOf(subletSchema),
  fees: listOrNull(feeSchema),
  discounts: listOf(discountSchema),
})

/** The keys of a job that have a column of their own. */
export const JOB_KEYS = Object.keys(jobFields.shape)

const DECISIONS: Readonly<Record<string, boolean | null>> = { approved: true, declined: false, pending: null }

/**
 * `authorized` is true, false or null. Only when TM leaves the key out does the status text decide (§3.3), so that a
 * renamed key can never turn sold work into undecided work.
 */
export const decisionOf = (job: object): unknown => {
  if ('authorized' in job) return job.authorized
  const status = 'status' in job && typeof job.status === 'string' ? job.status.trim().toLowerCase() : ''
  return DECISIONS[status] ?? null
}

export const jobSchema = z
  .unknown()
  .transform((job) =>
    typeof job === 'object' && job !== null && !Array.isArray(job)
      ? { ...job, authorized: decisionOf(job) }
      : job,
  )
  .pipe(jobFields)

export type Job = z.output<typeof jobSchema>

/** Some readers of this API saw `repairOrderJobs`; both spellings are one list. */
const joinSpellings = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { repairOrderJobs, ...rest } = value as Record<string, unknown>
  return repairOrderJobs === undefined || Array.isArray(rest['jobs'])
    ? rest
    : { ...rest, jobs: repairOrderJobs }
}

const estimateFields = z.looseObject({
  id: requiredId,
  repairOrderNumber: id,
  total: cents,
  authorizedTotal: cents,
  subtotal: cents,
  subTotal: cents,
  tax: cents,
  taxes: cents,
  discount: cents,
  discountTotal: cents,
  feesTotal: cents,
  shopSuppliesTotal: cents,
  epaTotal: cents,
  balanceDue: cents,
  fees: listOrNull(feeSchema),
  sublets: listOf(subletSchema),
  customer: person,
  vehicle,
  serviceWriter: person,
  jobs: z.array(jobSchema).nullish(),
})

/** The keys of an estimate that have a column of their own. */
export const ESTIMATE_KEYS = Object.keys(estimateFields.shape)

export const estimateSchema = z
  .unknown()
  .transform(joinSpellings)
  .pipe(estimateFields)
  .superRefine((estimate, ctx) => {
    // An RO without jobs sends `[]`. No list at all is a changed answer, and would erase every job we hold.
    if (!estimate.jobs && (estimate.jobs === undefined || (estimate.total ?? 0) !== 0))
      ctx.issues.push({ code: 'custom', path: ['jobs'], message: 'is missing', input: undefined })
    const seen = new Set<number>()
    for (const [index, job] of (estimate.jobs ?? []).entries()) {
      if (seen.has(job.id))
        ctx.issues.push({
          code: 'custom',
          path: ['jobs', index, 'id'],
          message: 'appears twice',
          input: undefined,
        })
      seen.add(job.id)
    }
  })

export type Estimate = z.output<typeof estimateSchema>

const profitSums = z.looseObject({ retail: cents, cost: cents, profit: cents, margin: ratio })

/** Once TM sends a sum it must be whole: revenue without its cost would be a 100 % margin. */
const requiredSums = profitSums.superRefine((sums, ctx) => {
  for (const key of ['retail', 'cost'] as const)
    if (sums[key] === null)
      ctx.issues.push({ code: 'custom', path: [key], message: 'is missing', input: undefined })
})

export const profitLaborSchema = z.looseObject({
  laborProfit: z.looseObject({ hours: decimal }).nullish(),
  totalProfit: requiredSums.nullish(),
})

export type ProfitLabor = z.output<typeof profitLaborSchema>
