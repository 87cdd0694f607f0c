// Writes JSON the way TM's web API does: integral numbers often as `8907.0`, which JSON.stringify cannot say, now and
// then as a string. Values are marked while an answer is built and unmarked in the finished text.
import { chanceOf } from './random.ts'
import type { Quirks } from './options.ts'

/** Private-use character: JSON.stringify leaves it alone and no invented name contains it. */
const MARK = '\uE000'
const MARKED = /"\uE000([^"]*)"/g

export type TmNumber = number | string | null

export interface NumberStyle {
  /** The number as TM would write it; keys decide whether as `8907`, `8907.0` or (knob) `"8907.0"`. */
  n(value: number | null, ...keys: readonly (string | number)[]): TmNumber
}

export const createNumberStyle = (quirks: Quirks, seed: number): NumberStyle => ({
  n: (value, ...keys) => {
    if (value === null || !quirks.floatLiterals || !Number.isInteger(value)) return value
    if (!chanceOf(0.3, seed, 'float', ...keys)) return value
    return quirks.quotedNumbers && chanceOf(0.3, seed, 'quoted', ...keys) ? `${value}.0` : `${MARK}${value}.0`
  },
})

/** A raw token (`NaN`, `8907.0`, `1e3`) that appears in the text without quotes. */
export const rawToken = (text: string): string => `${MARK}${text}`

/** JSON text with marked tokens written bare. */
export const toTmJson = (value: unknown): string => JSON.stringify(value).replace(MARKED, '$1')

/** TM leaves an empty list out, or sends null, as often as it sends `[]`. Undefined keys vanish from the text. */
export const emptyList = (...keys: readonly (string | number)[]): [] | null | undefined => {
  if (chanceOf(0.5, 'list', ...keys)) return []
  return chanceOf(0.5, 'list-null', ...keys) ? null : undefined
}
