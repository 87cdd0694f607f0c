// The fingerprint that decides "nothing changed": SHA-256 over canonical JSON of the bundle.
//
// Canonical: keys sorted, numbers as JavaScript prints them (8907.0, "8907.0" and 8907 are one), instants canonical,
// order of jobs and lines as TM sent it (a moved line is a change, because line numbers are stored).
// `fetched_at` is left out.
//
// Pay rates. TM recomputes `/profit/labor` and a technician's `hourlyRate` at today's pay, for ROs of any age
// (tekmetric-api.md U22), and "a later pay change does not silently restate a closed RO" (metrics.md). So for a closed
// RO (POSTED, ACCRECV) everything that moves with pay alone is left out of the fingerprint: the technicians' rates,
// authorized cost and profit, TM's GP percent, and each job's gross profit. A raise then changes nothing: the row keeps
// the cost observed when the RO was last really changed. Any other change of a closed RO alters the fingerprint: SQL then
// keeps TM's cost as long as the work is the same (A/R settled, a note), and takes it anew when a line, an hour, a part's
// cost, a technician or a decision changed.
// While an RO is open, everything counts, so its cost follows the pay until it closes.
import { createHash } from 'node:crypto'
import type { RepairOrderBundle } from '../warehouse/bundle.ts'
import { isClosed } from './statuses.ts'

type Content = Omit<RepairOrderBundle, 'content_hash' | 'fetched_at'>

/** TM quotes a float now and then; fields without a column are kept as sent, so `"246.0"` must equal 246 here. */
const QUOTED_FLOAT = /^-?\d{1,15}\.0+$/

/** JSON with sorted keys; undefined members are left out as JSON.stringify does. */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'string' && QUOTED_FLOAT.test(value)) return JSON.stringify(Number(value))
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, inner]) => `${JSON.stringify(key)}:${canonicalJson(inner)}`)
  return `{${members.join(',')}}`
}

const GROSS_PROFIT = /^grossProfit/

const withoutPay = (content: Content): unknown => ({
  ...content,
  repair_order: {
    ...content.repair_order,
    authorized_cost: undefined,
    authorized_profit: undefined,
    tm_reported_gp_percent: undefined,
  },
  jobs: content.jobs.map((job) => ({
    ...job,
    gross_profit_amount: undefined,
    gross_profit_percent: undefined,
    tm_extra: Object.fromEntries(Object.entries(job.tm_extra).filter(([key]) => !GROSS_PROFIT.test(key))),
    labor: job.labor.map((line) => ({ ...line, technician_hourly_rate: undefined })),
  })),
})

/** 64 hex digits. */
export const contentHash = (content: Content): string =>
  createHash('sha256')
    .update(canonicalJson(isClosed(content.repair_order.status_id) ? withoutPay(content) : content))
    .digest('hex')
