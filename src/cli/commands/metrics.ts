// `warehouse metrics rebuild|daily`: recompute a range of days; print the daily table.
import type { Command } from 'commander'
import { rebuildMetrics } from '../../core/rebuild-metrics.ts'
import { shopOption, windowOptions } from '../arguments.ts'
import { printDaily } from '../daily-table.ts'
import { print, printJson } from '../output.ts'
import { knownShop, type Session, withSession } from '../session.ts'
import { windowOf, type WindowFlags } from '../window.ts'

interface MetricFlags extends WindowFlags {
  readonly shop: number
}

interface RebuildFlags extends MetricFlags {
  readonly fromLines?: boolean
}

const windowed = (command: Command): Command => windowOptions(command.addOption(shopOption()))

export const addMetrics = (program: Command): void => {
  const metrics = program.command('metrics').description('daily metrics')
  windowed(metrics.command('rebuild').description('recompute the days of a window, beside live sync'))
    .option('--from-lines', 'rebuild the snapshots of its ROs from their lines first')
    .action((flags: RebuildFlags, command: Command) =>
      withSession(command, {}, (session) => rebuild(session, flags)),
    )
  windowed(metrics.command('daily').description('print the daily metrics of a window')).action(
    (flags: MetricFlags, command: Command) => withSession(command, {}, (session) => daily(session, flags)),
  )
}

const scopeOf = async (session: Session, flags: MetricFlags) => {
  const shop = await knownShop(session, flags.shop)
  const today = await session.program.services.clock()
  return { shopId: shop.id, shop, ...windowOf(flags, { timezone: shop.timezone, today }) }
}

const rebuild = async (session: Session, flags: RebuildFlags): Promise<void> => {
  const { shopId, from, to } = await scopeOf(session, flags)
  const { warehouse } = session.program.services
  const fromLines = flags.fromLines === true
  const rebuilt = await rebuildMetrics({ warehouse, shopId, from, to, fromLines })
  if (session.json) return printJson({ from, to, ...rebuilt })
  if (fromLines) print(`${rebuilt.repairOrders} ROs from their lines, ${rebuilt.snapshotsChanged} changed`)
  print(`${rebuilt.days} days from ${from} to ${to}, ${rebuilt.daysChanged} changed`)
  if (rebuilt.restated > 0) print(`${rebuilt.restated} figures of past days were restated`)
}

const daily = async (session: Session, flags: MetricFlags): Promise<void> => {
  const { shopId, shop, from, to } = await scopeOf(session, flags)
  const rows = await session.program.services.warehouse.metrics.daily({ shopId, from, to })
  if (session.json) return printJson(rows)
  printDaily(shop, rows)
}
