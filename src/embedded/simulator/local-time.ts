// Calendar arithmetic in a shop's time zone: business hours and days across a daylight-saving change.
// Instants are milliseconds since the epoch inside the simulator and ISO text outside.
import { IANAZone } from 'luxon'
import type { Instant } from './model.ts'

export const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

/** `2026-03-05T01:12:09Z`: whole seconds, as TM writes dates. */
export const toInstant = (ms: number): Instant => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** Nanosecond text as TM writes `authorizedDate`; `nanos` is the part below a second. */
export const toNanoInstant = (ms: number, nanos: number): Instant =>
  `${new Date(ms).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`

export const fromInstant = (instant: Instant): number => Date.parse(instant)

/** Offsets change on quarter hours at most, so one look-up per quarter hour of the simulated past is enough. */
const QUARTER_MS = 900_000
const offsets = new Map<string, Map<number, number>>()

/** What to add to UTC to get the wall clock of the zone, milliseconds. */
const offsetAt = (ms: number, zone: string): number => {
  let known = offsets.get(zone)
  if (!known) offsets.set(zone, (known = new Map<number, number>()))
  const quarter = Math.floor(ms / QUARTER_MS)
  let offset = known.get(quarter)
  if (offset === undefined) {
    offset = IANAZone.create(zone).offset(quarter * QUARTER_MS) * 60_000
    known.set(quarter, offset)
  }
  return offset
}

/** The shop-local calendar day of an instant, `YYYY-MM-DD`. */
export const localDate = (ms: number, zone: string): string =>
  new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 10)

/** The day `days` after a calendar day. */
export const addDays = (date: string, days: number): string =>
  new Date(Date.parse(date) + days * DAY_MS).toISOString().slice(0, 10)

/** 1 Monday … 7 Sunday. */
export const weekday = (date: string): number => new Date(date).getUTCDay() || 7

/** How busy a weekday is: 0 closed. Sundays are closed, Saturdays short. */
export const dayWeight = (date: string): number => [1.15, 1, 1, 1, 1.1, 0.45, 0][weekday(date) - 1] ?? 0

/** The instant of a shop-local wall clock time, given as decimal hours after midnight. */
export const atLocal = (date: string, hours: number, zone: string): number => {
  const wall = Date.parse(date) + Math.round(hours * 3600) * 1000
  // The first guess may fall on the other side of a change of clocks; the second cannot.
  const guess = wall - offsetAt(wall, zone)
  return wall - offsetAt(guess, zone)
}

const OPEN = 7.5
const CLOSE = 18

/** The instant `hours` of opening time (7:30–18:00, not on Sundays) after `ms`. */
export const addBusinessHours = (ms: number, hours: number, zone: string): number => {
  let date = localDate(ms, zone)
  const wall = ms + offsetAt(ms, zone)
  let clock = Math.max(OPEN, Math.floor((wall - Date.parse(date)) / 1000) / 3600)
  let left = hours
  for (;;) {
    const open = dayWeight(date) > 0 ? Math.max(0, CLOSE - clock) : 0
    if (left < open) return atLocal(date, clock + left, zone)
    left -= open
    date = addDays(date, 1)
    clock = OPEN
  }
}

/** The first 07:05 UTC that lies at least 24 hours after `ms`: the vendor's nightly batch (spec §8.1). */
export const nextNightlyBatch = (ms: number): number => {
  const earliest = ms + DAY_MS
  const sameDay = Math.floor(earliest / DAY_MS) * DAY_MS + 7 * HOUR_MS + 5 * 60_000
  return sameDay >= earliest ? sameDay : sameDay + DAY_MS
}
