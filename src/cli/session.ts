// What every command does around its work: read the settings, open the program, do it, close everything, whatever happened.
import type { Command } from 'commander'
import { createLogger, type Logger } from '../core/logger.ts'
import { loadConfig, openConnections } from '../connections.ts'
import type { Config } from '../core/config.ts'
import { enrolShops } from '../core/enrol-shops.ts'
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
