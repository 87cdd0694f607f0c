// `warehouse metrics rebuild|daily`: recompute a range of days; print the daily table.
import type { Command } from 'commander'
import { rebuildDay } from '../../workers/jobs/rebuild-day.ts'
import { printDaily } from '../daily-table.ts'
import { print, printJson } from '../output.ts'
import { calendarDay, daysBack, knownShop, type Session, wholeNumber, withSession } from '../session.ts'
import { waitForFanOut } from '../wait.ts'
import { windowOf, type WindowFlags } from '../window.ts'

interface MetricFlags extends WindowFlags {
  readonly shop: number
  readonly wait?: boolean
}

const windowed = (command: Command): Command =>
  command
    .requiredOption('--shop <number>', "TM's shop number", wholeNumber('--shop'))
    .option('--days-back <days>', 'shop-local days back from today', daysBack)
    .option('--from <day>', 'first shop-local day', calendarDay('--from'))
    .option('--to <day>', 'last shop-local day', calendarDay('--to'))

export const addMetrics = (program: Command): void => {
  const metrics = program.command('metrics').description('daily metrics')
  windowed(metrics.command('rebuild').description('recompute the days of a window'))
    .option('--wait', 'wait until the days are done')
    .action((flags: MetricFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => rebuild(session, flags)),
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

const rebuild = async (session: Session, flags: MetricFlags): Promise<void> => {
  const { services, queueJobs } = session.program
  const { shopId, from, to } = await scopeOf(session, flags)
  const days = await services.warehouse.metrics.markDaysDirty({ shopId, from, to })
  await queueJobs.addMany(
    rebuildDay,
    days.map((date) => ({ shop: flags.shop, date })),
  )
  if (flags.wait === true) await waitForFanOut(session.program, shopId)
  if (session.json) printJson({ from, to, days })
  else print(`${days.length} days from ${from} to ${to}`)
}

const daily = async (session: Session, flags: MetricFlags): Promise<void> => {
  const { shopId, shop, from, to } = await scopeOf(session, flags)
  const rows = await session.program.services.warehouse.metrics.daily({ shopId, from, to })
  if (session.json) return printJson(rows)
  printDaily(shop, rows)
}
