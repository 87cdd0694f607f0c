// `warehouse reconcile`: days against TM's profit report and against themselves. Exit 0 proven, 1 not, 2 wrong usage.
import type { Command } from 'commander'
import { daysIn, splitDays, type DayRange } from '../../core/day-ranges.ts'
import { UsageError } from '../../core/errors.ts'
import type { Finding } from '../../core/warehouse/reconciliations.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { requestReconcile } from '../../producers/reconcile.ts'
import { calendarDay, shopOption, windowOptions } from '../arguments.ts'
import { print, printJson } from '../output.ts'
import { printDays, printFindings } from '../reconciled-days.ts'
import { knownShop, type Session, withSession } from '../session.ts'
import { waitForFanOut, waitForRun } from '../wait.ts'
import { refuseFuture, windowOf, type WindowFlags } from '../window.ts'

interface ReconcileFlags extends WindowFlags {
  readonly shop: number
  readonly date?: string
  readonly wait?: boolean
  readonly show?: boolean
  readonly checksOnly?: boolean
}

/** A year is sixty calls for a busy shop; more is better asked for year by year. */
const MAX_DAYS = 366
const DAYS_PER_CHECK = 31

export const addReconcile = (program: Command): void => {
  const reconciles = program
    .command('reconcile')
    .description("compare days with TM's profit report; what differs is read again once, then reported")
    .addOption(shopOption())
    .option('--date <day>', 'one shop-local day', calendarDay('--date'))
  windowOptions(reconciles)
    .option('--wait', 'wait for the result and print it')
    .option('--show', 'only print the stored result; TM is not asked')
    .option(
      '--checks-only',
      'only the built-in checks: does the warehouse agree with itself? TM is not asked',
    )
    .action((flags: ReconcileFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => reconcile(session, flags)),
    )
}

const reconcile = async (session: Session, flags: ReconcileFlags): Promise<void> => {
  if ([flags.wait, flags.show, flags.checksOnly].filter(Boolean).length > 1)
    throw new UsageError('give one of --wait, --show and --checks-only')
  const shop = await knownShop(session, flags.shop)
  const range = rangeOf(flags, shop, await session.program.services.clock())
  if (flags.checksOnly === true) return check(session, shop, range)
  if (flags.show === true) return show(session, shop, range)
  const { runId } = await requestReconcile(session.program, { shopTmId: shop.tmId, ...range, trigger: 'cli' })
  if (flags.wait !== true) {
    if (session.json) printJson({ runId, ...range })
    else print(`Asked for; the run is ${runId}. The result: --show with the same days.`)
    return
  }
  const run = await waitForRun(session.program, runId, { label: 'reconcile', quiet: session.json })
  await waitForFanOut(session.program, shop.id)
  if (run.status === 'failed') {
    process.exitCode = 1
    if (!session.json) print(`The run failed: ${JSON.stringify(run.error)}`)
  }
  await show(session, shop, range)
}

/** @throws UsageError for days that are yet to come, too many of them, or two ways of naming them */
const rangeOf = (flags: ReconcileFlags, { timezone }: Shop, now: Date): DayRange => {
  const { date, from, to, daysBack: back } = flags
  const shop = { timezone, today: now }
  if (date !== undefined && (from ?? to ?? back) !== undefined)
    throw new UsageError('give either --date or a range')
  const range = windowOf(date === undefined ? flags : { from: date, to: date }, shop)
  refuseFuture(date === undefined ? '--to' : '--date', range.to, shop)
  if (daysIn(range) > MAX_DAYS) throw new UsageError(`at most ${MAX_DAYS} days at once`)
  return range
}

const check = async ({ program, json }: Session, shop: Shop, range: DayRange): Promise<void> => {
  const findings: Finding[] = []
  for (const piece of splitDays(range, DAYS_PER_CHECK).toReversed())
    findings.push(...(await program.services.warehouse.reconciliations.check({ shopId: shop.id, ...piece })))
  if (findings.length > 0) process.exitCode = 1
  if (json) printJson(findings)
  else printFindings(findings)
}

/** Prints the stored result; marks the process as failed unless every day is proven. */
const show = async ({ program, json }: Session, shop: Shop, range: DayRange): Promise<void> => {
  const { reconciliations } = program.services.warehouse
  const days = await reconciliations.days({ shopId: shop.id, ...range })
  const completeThrough = await reconciliations.completeThrough({ shopId: shop.id })
  if (days.some(({ state }) => state !== 'proven')) process.exitCode = 1
  if (json) printJson({ ...range, days, complete_through: completeThrough })
  else printDays(shop, days, completeThrough)
}
