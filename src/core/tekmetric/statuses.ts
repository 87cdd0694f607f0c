// TM's RO statuses (tekmetric-api.md §3.1). The id is certain; the code is what the warehouse stores.
import type { Named } from './values.ts'

const CODES: ReadonlyMap<number, string> = new Map([
  [1, 'ESTIMATE'],
  [2, 'WORKINPROGRESS'],
  [3, 'COMPLETE'],
  [4, 'SAVEDFORLATER'],
  [5, 'POSTED'],
  [6, 'ACCRECV'],
  [7, 'DELETED'],
])

const IDS: ReadonlyMap<string, number> = new Map([...CODES].map(([id, code]) => [code, id]))

export interface Status {
  readonly id: number
  readonly code: string
}

export const DELETED = 7

/** By id when there is one (also against a code that says otherwise), else by code. Unknown ids keep the code as sent. */
const statusOf = (sent: Named): Status | null => {
  const code = (sent.code ?? sent.name)?.toUpperCase() ?? null
  const id = sent.id ?? (code === null ? undefined : IDS.get(code))
  if (id === undefined) return null
  return { id, code: CODES.get(id) ?? code ?? String(id) }
}

/** An RO's status; some answers carry it under `status`. Null when TM says none that we can tell. */
export const sentStatus = (header: {
  readonly repairOrderStatus: Named
  readonly status: Named
}): Status | null => {
  const { repairOrderStatus: sent } = header
  const isSaid = sent.id !== null || sent.code !== null || sent.name !== null
  return statusOf(isSaid ? sent : header.status)
}

/** Posted to the customer or to A/R: what TM later recomputes must not restate it. */
export const isClosed = (statusId: number): boolean => statusId === 5 || statusId === 6
