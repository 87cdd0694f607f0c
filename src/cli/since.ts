// A moment given on the command line: an ISO-8601 instant with its offset, or how long ago (30m, 12h, 3d).
import { UsageError } from '../core/errors.ts'

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 }
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})$/

/** @throws UsageError for anything else */
export const momentOf = (value: string, now: number = Date.now()): Date => {
  const [, count, unit = ''] = /^(\d{1,4})([mhd])$/.exec(value) ?? []
  if (count !== undefined) return new Date(now - Number(count) * (UNITS[unit] ?? 0))
  const moment = new Date(value)
  if (!INSTANT.test(value) || Number.isNaN(moment.getTime()))
    throw new UsageError('--since must be 30m, 12h or 3d, or an instant like 2026-03-04T12:00:00Z')
  return moment
}
