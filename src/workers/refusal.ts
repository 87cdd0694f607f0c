// An answer that cannot be stored, as quarantine keeps it: the cause with field paths, each issue as table, TM id and
// message, the amount it withholds as far as that can still be read, and the answers themselves.
import { AppError, failureClassOf } from '../core/errors.ts'
import type { FoundRepairOrder } from '../core/tekmetric/client.ts'
import { packRead } from '../core/tekmetric/raw-payload.ts'
import { cents, id } from '../core/tekmetric/values.ts'
import type { Refusal } from '../core/warehouse/quarantine.ts'
import { describe } from './describe.ts'

export interface Issue {
  readonly path: string
  readonly message: string
}

/** The field paths of a refusal; empty for errors that name none. */
export const issuesOf = (error: unknown): readonly Issue[] => {
  const issues: unknown = error instanceof AppError ? error.details['issues'] : []
  return Array.isArray(issues) ? (issues as Issue[]) : []
}

/** @param read what TM answered; null when it refused to answer at all */
export const refusalOf = (error: unknown, ro: number, read: FoundRepairOrder | null): Refusal => {
  const issues = issuesOf(error)
  return {
    reason: describe(error),
    cause: {
      code: error instanceof AppError ? error.code : 'UNKNOWN',
      class: failureClassOf(error),
      message: error instanceof Error ? error.message : String(error),
      issues,
    },
    errors:
      issues.length === 0
        ? [{ table: 'repair_orders', tm_id: ro, message: describe(error) }]
        : issues.map((issue) => rowErrorOf(issue, ro, read)),
    roNumber: readable(id, fieldIn(read?.header, 'repairOrderNumber')),
    authorizedTotal: readable(cents, fieldIn(read?.estimate, 'authorizedTotal')),
    raw: read === null ? null : packRead(read),
  }
}

const TABLES: Readonly<Record<string, string>> = {
  parts: 'job_parts',
  labor: 'job_labor',
  sublets: 'job_sublets',
  fees: 'job_fees',
  jobs: 'jobs',
  repairOrderJobs: 'jobs',
}

/** `estimate.jobs.0.parts.2.total` → table job_parts and the TM id of that part, where it has one. */
const rowErrorOf = ({ path, message }: Issue, ro: number, read: FoundRepairOrder | null) => {
  let node: unknown = read
  let table = 'repair_orders'
  let tmId: number | null = ro
  let list = ''
  for (const step of path.split('.')) {
    if (/^\d+$/.test(step) && list in TABLES) {
      node = Array.isArray(node) ? node[Number(step)] : undefined
      table = TABLES[list] ?? table
      tmId = readable(id, fieldIn(node, 'id'))
      continue
    }
    list = step
    const next = fieldIn(node, step) ?? (step === 'jobs' ? fieldIn(node, 'repairOrderJobs') : undefined)
    node = fieldIn(next, 'data') ?? next
  }
  return { table, tm_id: tmId, message: `${path}: ${message}` }
}

const fieldIn = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined

interface Reader {
  safeParse(value: unknown): { readonly success: boolean; readonly data?: number | null | undefined }
}

const readable = (reader: Reader, value: unknown): number | null => {
  const read = reader.safeParse(value)
  return read.success ? (read.data ?? null) : null
}
