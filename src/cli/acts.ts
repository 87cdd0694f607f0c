// The audit log of the command line: every command that changes something, done or refused, by whom. What a command does not
// name as looking is an act, so a new command cannot be forgotten. Secrets come over standard input and are in no target.
import { randomUUID } from 'node:crypto'
import { hostname, userInfo } from 'node:os'
import { setTimeout as after } from 'node:timers/promises'
import type { Command } from 'commander'
import { isMachineKey } from '../core/auth/machine-key.ts'
import { UsageError } from '../core/errors.ts'
import type { Logger } from '../core/logger.ts'
import type { Services } from '../core/services.ts'
import { CALLER_LEFT } from '../core/warehouse/api-requests.ts'

/** `migrate` is the owner of the database at work and has a log of its own, schema warehouse_migrations. */
const LOOKS: ReadonlySet<string> = new Set([
  'deletions list',
  'drift list',
  'explain',
  'failed list',
  'keys list',
  'metrics daily',
  'migrate',
  'ops-summary',
  'schedules list',
  'shops list',
  'tokens list',
])
/** Whoever interrupts does not want to wait. */
const LAST_WORD_MS = 2_000
const SIGNALS = ['SIGINT', 'SIGTERM'] as const

interface Acting {
  readonly services: Services
  readonly log: Logger
}

/** Does the work of a command and records it, when it is an act; also when it fails or is interrupted while it waits. */
export const asAct = async (
  command: Command,
  { services, log }: Acting,
  work: () => Promise<void>,
): Promise<void> => {
  if (onlyLooks(command)) return work()
  const at = new Date().toISOString()
  const record = async (status: number): Promise<void> => {
    try {
      const act = { at, ...(await whatOf(command, services)), status, requestId: randomUUID() }
      await services.warehouse.apiRequests.recordActs([{ ...who(), ...act }])
    } catch (err) {
      log.warn({ event: 'audit.away', err }, 'the audit log cannot be written just now')
    }
  }
  const done = onInterrupt(() => record(CALLER_LEFT))
  let status = 200
  try {
    await work()
  } catch (error) {
    status = error instanceof UsageError ? 400 : 500
    throw error
  } finally {
    done()
    await record(status)
  }
}

/** `keys create`. */
const pathOf = (command: Command): string =>
  command.parent === null ? '' : `${pathOf(command.parent)} ${command.name()}`.trim()

const onlyLooks = (command: Command): boolean => {
  const { dryRun, forecast, yes } = command.opts<Record<string, unknown>>()
  const path = pathOf(command)
  const isPreview = path === 'failed retry' && yes !== true
  return LOOKS.has(path) || dryRun === true || forecast === true || isPreview
}

/** The shop by its id, as in the acts of the API; all other arguments and flags are the target. */
const whatOf = async (command: Command, { shops }: Services) => {
  const flags = command.opts<Record<string, unknown>>()
  const named = command.registeredArguments.map((argument, i): [string, unknown] => [
    argument.name(),
    command.processedArgs[i],
  ])
  const tmId = flags['shop'] ?? flags['tmId']
  const shop = (await shops.all()).find((one) => one.tmId === tmId)
  const isTold = ([name, value]: [string, unknown]) =>
    value !== undefined && !(shop !== undefined && (name === 'shop' || name === 'tmId'))
  const target = Object.fromEntries([...named, ...Object.entries(flags)].filter(isTold).map(told))
  return { act: `warehouse ${pathOf(command)}`, shopId: shop?.id ?? null, target }
}

/** A key given by mistake where its id was asked for is not kept. */
const told = ([name, value]: [string, unknown]): [string, unknown] => [
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  typeof value === 'string' && isMachineKey(value) ? '[secret]' : value,
]

const who = () => ({ actorKind: 'cli' as const, actorId: systemUser(), actorName: hostname() })

/** In a container the user may have a number only. */
const systemUser = (): string => {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}

/** The first signal lets `record` have its say and then ends the process as it would have; a second one ends it at once. */
const onInterrupt = (record: () => Promise<void>): (() => void) => {
  const end = (signal: NodeJS.Signals): void => {
    stop()
    void Promise.race([record(), after(LAST_WORD_MS)]).then(() => process.kill(process.pid, signal))
  }
  const stop = (): void => {
    for (const signal of SIGNALS) process.off(signal, end)
  }
  for (const signal of SIGNALS) process.on(signal, end)
  return stop
}
