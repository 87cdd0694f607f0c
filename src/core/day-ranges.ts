// Ranges of calendar days, cut into pieces that one call of the warehouse or one listing of TM can take.
import { DateTime } from 'luxon'

/** Calendar days `YYYY-MM-DD`, both included. */
export interface DayRange {
  readonly from: string
  readonly to: string
}

/** How many days there are, both ends included; 0 or less for a range that ends before it begins. */
export const daysIn = ({ from, to }: DayRange): number =>
  DateTime.fromISO(to, { zone: 'utc' }).diff(DateTime.fromISO(from, { zone: 'utc' }), 'days').days + 1

/** The range in pieces of at most `days`, newest first. */
export const splitDays = ({ from, to }: DayRange, days: number): DayRange[] => {
  const pieces: DayRange[] = []
  for (let last = DateTime.fromISO(to, { zone: 'utc' }); last.toISODate() !== null;) {
    const end = last.toISODate() ?? ''
    if (end < from) break
    const first = last.minus({ days: days - 1 }).toISODate() ?? from
    pieces.push({ from: first < from ? from : first, to: end })
    last = last.minus({ days })
  }
  return pieces
}
