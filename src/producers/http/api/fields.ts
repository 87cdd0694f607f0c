// The parameters that several routes take. Everything arrives as text; what does not look exactly like it should is refused
// with a sentence, never bent into shape.
import { z } from 'zod'

const digits = (most: number) => z.string().regex(new RegExp(`^\\d{1,${most}}$`), 'must be a whole number')

/** A whole number within bounds. */
export const whole = ({ min, max }: { readonly min: number; readonly max: number }) =>
  digits(16)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`)
    .meta({ type: 'integer', minimum: min, maximum: max })

export const Flag = z
  .enum(['true', 'false'], 'must be true or false')
  .transform((value) => value === 'true')
  .meta({ type: 'boolean' })

/** A day no shop's books reach beyond. */
const FIRST_DAY = '2000-01-01'
const LAST_DAY = '2099-12-31'

export const Day = z.iso
  .date('must be a day like 2026-03-04')
  .refine((day) => day >= FIRST_DAY && day <= LAST_DAY, `must be from ${FIRST_DAY} to ${LAST_DAY}`)
  .meta({ type: 'string', format: 'date' })

/** The shop by TM's number or by our id; the gate finds it. */
export const ShopRef = z
  .union(
    [z.uuid().transform((id) => ({ id })), digits(12).transform((number) => ({ tmId: Number(number) }))],
    {
      error: "must be TM's shop number or the shop's id",
    },
  )
  .meta({ type: 'string', description: "TM's shop number, or the shop's id (UUID).", example: '4321' })
export type ShopRef = z.output<typeof ShopRef>

export const RoTmId = whole({ min: 1, max: Number.MAX_SAFE_INTEGER })

/** No place on earth is further from UTC. The database takes few hours more, and no fraction without end. */
const WRITTEN_PLAINLY = /^[^.]+(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):\d\d)$/

/** Kept as it was written: a `Date` would lose the microseconds. */
export const Moment = z.iso
  .datetime({ offset: true, error: 'must be an instant like 2026-03-04T00:00:00Z' })
  .refine((at) => at >= FIRST_DAY && at <= LAST_DAY, `must be from ${FIRST_DAY} to ${LAST_DAY}`)
  .regex(WRITTEN_PLAINLY, 'must be within 15 hours of UTC, with nine decimals at most')
  .meta({ type: 'string', format: 'date-time' })

/** Days back from the shop's today; ten years at most. */
export const DaysBack = whole({ min: 0, max: 3_660 })

interface Range {
  readonly start_date?: string | undefined
  readonly end_date?: string | undefined
}

const DAY_MS = 86_400_000

/** What is wrong with a pair of days, by field. */
export const rangeProblems = (
  { start_date: start, end_date: end }: Range,
  mostDays: number,
): { readonly path: string; readonly message: string }[] => {
  if (start === undefined || end === undefined) return []
  if (start > end) return [{ path: 'start_date', message: `is after end_date ${end}` }]
  const days = (Date.parse(end) - Date.parse(start)) / DAY_MS + 1
  return days > mostDays ? [{ path: 'start_date', message: `${days} days are more than ${mostDays}` }] : []
}

/** Where a page begins, as callers get it: the place as an opaque text, which they give back. */
export const nextOf = (place: object): string => Buffer.from(JSON.stringify(place)).toString('base64url')

const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}

/** `next` of the page before, read back. */
export const afterField = <S extends z.ZodType>(place: S) =>
  z
    .string()
    .max(1_000, 'is too long')
    .transform((text, ctx): z.output<S> => {
      const parsed = place.safeParse(parsedJson(text))
      if (parsed.success) return parsed.data
      ctx.addIssue({ code: 'custom', message: NOT_A_PLACE })
      return z.NEVER
    })
    .meta({ type: 'string', description: '`next` of the page before.' })

export const NOT_A_PLACE = 'must be the next of an earlier answer'
