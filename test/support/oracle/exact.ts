// Exact arithmetic of the oracle: cents are bigints, hours and quantities bigints in millionths. Nothing here is a
// float, and every rounding is half away from zero and visible.

/** One hour, or one piece, in the oracle's unit. */
const UNIT = 1_000_000n
const PLACES = 6

const abs = (value: bigint): bigint => (value < 0n ? -value : value)

/** n ÷ d, rounded half away from zero. @throws RangeError when d is 0 */
export const divide = (n: bigint, d: bigint): bigint => {
  const quotient = (2n * abs(n) + abs(d)) / (2n * abs(d))
  return n < 0n === d < 0n ? quotient : -quotient
}

/** n ÷ d, or null: a ratio with a zero denominator is no number. */
export const ratio = (n: bigint, d: bigint): bigint | null => (d === 0n ? null : divide(n, d))

/** Parses decimal text ("5.5", "-0.02", "3e-7" is refused) into millionths. */
export const millionths = (text: string): bigint => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text)
  if (match === null) throw new RangeError(`not a plain decimal: ${text}`)
  const fraction = (match[3] ?? '').replace(/0+$/, '')
  if (fraction.length > PLACES) throw new RangeError(`finer than ${PLACES} places: ${text}`)
  const value = BigInt(match[2] ?? '0') * UNIT + BigInt(fraction.padEnd(PLACES, '0'))
  return match[1] === '-' ? -value : value
}

/** The decimal a JSON number was written as; 2.65 is 2.65, not its nearest binary fraction. */
export const decimal = (value: number): bigint => millionths(String(value))

/** decimal × cents in whole cents. */
export const timesCents = (amount: bigint, cents: bigint): bigint => divide(amount * cents, UNIT)

/** cents per hour over hours in millionths; null for no hours. */
export const perHour = (cents: bigint, hours: bigint): bigint | null => ratio(cents * UNIT, hours)

/** 100 × part ÷ whole in hundredths of a percent; null for a zero whole. */
export const percent = (part: bigint, whole: bigint): bigint | null => ratio(part * 10_000n, whole)

export const sum = <T>(items: readonly T[], value: (item: T) => bigint): bigint =>
  items.reduce((total, item) => total + value(item), 0n)
