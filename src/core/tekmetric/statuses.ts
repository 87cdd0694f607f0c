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

/** The status an answer means: by id when it has one, else by code. Unknown ids keep the code as sent. */
export const statusOf = (sent: Named): Status | null => {
  const code = (sent.code ?? sent.name)?.toUpperCase() ?? null
  const id = sent.id ?? (code === null ? undefined : IDS.get(code))
  if (id === undefined) return null
  return { id, code: CODES.get(id) ?? code ?? String(id) }
}

/** Posted to the customer or to A/R: what TM later recomputes must not restate it. */
export const isClosed = (statusId: number): boolean => statusId === 5 || statusId === 6
