// What commands take: parsers of values, which refuse with the name of the flag, and the options that several commands share.
import { Option, type Command } from 'commander'
import { UsageError } from '../core/errors.ts'

/** A whole number given on the command line. */
export const wholeNumber =
  (name: string) =>
  (value: string): number => {
    const number = Number(value)
    if (!Number.isSafeInteger(number) || number < 0)
      throw new UsageError(`${name} must be a whole number and not negative, for example 3`)
    return number
  }

/** The longest window that a queue job takes: ten years. */
const MAX_DAYS_BACK = 3_660

export const daysBack = (value: string): number => {
  const days = wholeNumber('--days-back')(value)
  if (days > MAX_DAYS_BACK) throw new UsageError(`--days-back must be at most ${MAX_DAYS_BACK}`)
  return days
}

/** As `wholeNumber`, without 0. */
export const positiveNumber =
  (name: string) =>
  (value: string): number => {
    const number = wholeNumber(name)(value)
    if (number === 0) throw new UsageError(`${name} must be at least 1`)
    return number
  }

/** A calendar day given on the command line. */
export const calendarDay =
  (name: string) =>
  (value: string): string => {
    const day = new Date(`${value}T00:00:00Z`)
    const real = /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(day.getTime())
    if (!real || day.toISOString().slice(0, 10) !== value)
      throw new UsageError(`${name} must be a day like 2026-03-04`)
    return value
  }

/** Which shop, for commands that need one. */
export const shopOption = (): Option =>
  new Option('--shop <number>', "TM's shop number").argParser(wholeNumber('--shop')).makeOptionMandatory()

/** A window of shop-local days: see `windowOf`. */
export const windowOptions = (command: Command): Command =>
  command
    .option('--from <day>', 'first shop-local day', calendarDay('--from'))
    .option('--to <day>', 'last shop-local day (default today)', calendarDay('--to'))
    .option('--days-back <days>', 'instead of --from (default 3)', daysBack)
