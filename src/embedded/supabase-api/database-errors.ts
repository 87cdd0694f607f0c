// Database errors as PostgREST reports them. @supabase/lite answers 500 "SUP" for every SQLSTATE it does not know,
// among them the ones that say "try again"; callers decide by code, so they must see the real one.

interface DatabaseError {
  readonly code?: unknown
  readonly message?: unknown
  readonly detail?: unknown
  readonly hint?: unknown
}

/** Classes and codes @supabase/lite reports well by itself; PGRST and PT… are raised on purpose by functions. */
const wellReported = /^(21...|22...|42...|23502|23503|23505|25006|PT...|PGRST)$/

/** PostgREST's table of HTTP statuses, first match wins. */
const statuses: ReadonlyArray<readonly [RegExp, number]> = [
  [/^08|^57P0[123]$|^3D000$/, 503],
  [/^53400$/, 500],
  [/^53/, 503],
  [/^0L|^0P|^28/, 403],
  [/^P0001$/, 400],
  [/^(09|25|2D|38|39|3B|40|54|55|57|58|F0|HV|P0|XX)/, 500],
]

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** What a function raises with SQLSTATE 'PGRST' to choose its answer freely; the server turns it into that answer. */
const answer = (status: number, body: { code: string; message: string; details: unknown; hint: unknown }) =>
  Object.assign(new Error(JSON.stringify(body)), {
    code: 'PGRST',
    sqlstate: body.code,
    detail: JSON.stringify({ status, headers: {} }),
  })

/** The same error, or one that makes the server answer with PostgREST's status and code. */
export const asPostgrestError = (error: unknown): unknown => {
  const { code, message, detail, hint } = (error ?? {}) as DatabaseError
  if (typeof code !== 'string' || wellReported.test(code)) return error
  const said = text(message) ?? ''
  if (!/^[0-9A-Z]{5}$/.test(code)) {
    // Codes of the driver and of sockets: ECONNREFUSED, CONNECTION_CLOSED, CONNECT_TIMEOUT …
    const gone = /^E[A-Z]+$|^CONNECT/.test(code)
    if (!gone) return error
    return answer(503, { code: 'PGRST001', message: 'Database client error', details: code, hint: null })
  }
  const status = statuses.find(([pattern]) => pattern.test(code))?.[1] ?? 400
  return answer(status, { code, message: said, details: text(detail), hint: text(hint) })
}
