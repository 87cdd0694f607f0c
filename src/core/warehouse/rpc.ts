// The only place that talks to the warehouse's API: one call, its error turned into DatabaseRejected with a failure
// class, its answer parsed. Nothing is retried here; the queue job's class decides that.
import type { SupabaseClient } from '@supabase/supabase-js'
import type { z } from 'zod'
import { DatabaseRejected, type FailureClass } from '../errors.ts'

export interface CallReport {
  /** Function or table. */
  readonly name: string
  readonly ms: number
  readonly ok: boolean
}

export interface WarehouseApi {
  readonly client: SupabaseClient
  /** Round trips longer than this are given up (transient). */
  readonly timeoutMs: number
  readonly onCall: ((report: CallReport) => void) | undefined
}

interface Answer {
  readonly data: unknown
  readonly error: { readonly message: string; readonly code?: string; readonly hint?: string | null } | null
  readonly status: number
}

const TRANSIENT_CLASSES = new Set(['08', '40', '53', '55', '57', '58'])
const DATA_CLASSES = new Set(['21', '22', '23'])

/**
 * What a code of the database or of PostgREST means for the work that met it: connection, conflict, resources and
 * shutdown pass by themselves; data and constraints never do; anything else means that code and schema do not fit.
 */
export const failureClassOfCode = (code: string | undefined, status: number): FailureClass => {
  if (code === undefined || code === '')
    return status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'bug' : 'transient'
  if (code.startsWith('PGRST0') || code === 'SUP') return 'transient'
  if (/^[0-9A-Z]{5}$/.test(code)) {
    const sqlClass = code.slice(0, 2)
    if (TRANSIENT_CLASSES.has(sqlClass)) return 'transient'
    if (DATA_CLASSES.has(sqlClass)) return 'data'
  }
  return 'bug'
}

const rejected = (name: string, { error, status }: Answer): DatabaseRejected => {
  const code = error?.code
  const message = error?.message ?? `status ${status}`
  return new DatabaseRejected(failureClassOfCode(code, status), `the warehouse refused ${name}: ${message}`, {
    details: { call: name, status, ...(code === undefined || code === '' ? {} : { sqlstate: code }) },
  })
}

const settle = async (
  { timeoutMs, onCall }: WarehouseApi,
  name: string,
  send: (signal: AbortSignal) => PromiseLike<Answer>,
): Promise<unknown> => {
  const startedAt = performance.now()
  let ok = false
  try {
    const answer = await send(AbortSignal.timeout(timeoutMs))
    if (answer.error !== null) throw rejected(name, answer)
    ok = true
    return answer.data
  } catch (error) {
    if (error instanceof DatabaseRejected) throw error
    throw new DatabaseRejected('transient', `the warehouse could not be reached for ${name}`, {
      details: { call: name },
      cause: error,
    })
  } finally {
    onCall?.({ name, ms: performance.now() - startedAt, ok })
  }
}

const parse = <T>(name: string, shape: z.ZodType<T>, data: unknown): T => {
  const parsed = shape.safeParse(data)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  throw new DatabaseRejected(
    'bug',
    `the warehouse answered ${name} in another shape than this release knows`,
    {
      details: { call: name, issues },
    },
  )
}

/**
 * Calls a SQL function and parses its answer.
 * @throws DatabaseRejected
 */
export const callRpc = async <T>(
  api: WarehouseApi,
  name: string,
  args: Readonly<Record<string, unknown>>,
  shape: z.ZodType<T>,
): Promise<T> =>
  parse(name, shape, await settle(api, name, (signal) => api.client.rpc(name, args).abortSignal(signal)))

/**
 * Sends a select built by the caller and parses its rows. Selects return at most 1,000 rows: page by key.
 * @throws DatabaseRejected
 */
export const readRows = async <T>(
  api: WarehouseApi,
  name: string,
  build: (client: SupabaseClient, signal: AbortSignal) => PromiseLike<Answer>,
  shape: z.ZodType<T>,
): Promise<T> => parse(name, shape, await settle(api, name, (signal) => build(api.client, signal)))
