// What every command does around its work: read the settings, open the program, do it, close everything, whatever happened.
import type { Command } from 'commander'
import { createLogger, type Logger } from '../core/logger.ts'
import { loadConfig, openConnections } from '../connections.ts'
import type { Config } from '../core/config.ts'
import { enrolShops } from '../core/enrol-shops.ts'
import { UsageError } from '../core/errors.ts'
import type { Shop } from '../core/warehouse/warehouse.ts'
import { openProgram, type Program } from '../program.ts'
import { asAct } from './acts.ts'

export interface Session {
  readonly program: Program
  readonly config: Config
  readonly log: Logger
  readonly json: boolean
}

/** Commands talk to a person on standard output; their log is for trouble only and goes to standard error. */
export const commandLogger = (level = 'warn'): Logger =>
  createLogger({ level: process.env['LOG_LEVEL'] ?? level, pretty: true, toStandardError: true })

export interface SessionOptions {
  /** Work on the queues in this process when nobody else can (embedded mode without a running demo). */
  readonly worksAlone?: boolean
  /** False for commands that must work before any token does. */
  readonly enrols?: boolean
}

/** Opens the program for one command and closes it afterwards, also after an error. */
export const withSession = async (
  command: Command,
  { worksAlone = false, enrols = true }: SessionOptions,
  work: (session: Session) => Promise<void>,
): Promise<void> => {
  const log = commandLogger()
  const config = loadConfig(process.env)
  const connections = await openConnections(config, log)
  const program = await openProgram({ config, connections, log })
  try {
    await program.start(worksAlone && connections.alone ? ['worker'] : [], { enrols })
    const session = { program, config, log, json: isJson(command) }
    await asAct(command, { services: program.services, log }, () => work(session))
  } finally {
    await program.close()
  }
}

export const isJson = (command: Command): boolean => command.optsWithGlobals()['json'] === true

/** Enrols the shop (a write) when the table lacks it. @throws UsageError naming the shop when TM does not know it either */
export const shopNamed = async ({ program, log }: Session, tmId: number): Promise<Shop> => {
  const { services } = program
  if (!(await services.shops.all()).some((shop) => shop.tmId === tmId)) {
    await enrolShops(services, [{ tmId, name: null, timezone: null }], log)
  }
  return services.shops.byTmId(tmId)
}

/** For commands that only look at the warehouse. @throws UsageError naming the shop and the known ones */
export const knownShop = ({ program }: Session, tmId: number): Promise<Shop> =>
  program.services.shops.byTmId(tmId)

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
