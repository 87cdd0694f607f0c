// How values of the simulator's state are brought to the oracle's form.

export const int = (value: number | null): bigint | null => (value === null ? null : BigInt(value))

/** An empty text says nothing, as null does. */
export const text = (value: string | null): string | null =>
  value === null || value.trim() === '' ? null : value.trim()

/** Microseconds since the epoch; nanoseconds are rounded as Postgres rounds them. */
export const micros = (instant: string | null): bigint | null => {
  if (instant === null) return null
  const match = /^(.+?)(?:\.(\d{1,9}))?Z$/.exec(instant)
  if (match?.[1] === undefined) throw new RangeError(`not a UTC instant: ${instant}`)
  const nanos = BigInt((match[2] ?? '').padEnd(9, '0'))
  return BigInt(Date.parse(`${match[1]}Z`)) * 1000n + (nanos + 500n) / 1000n
}
