// `warehouse backfill`: reads all posted ROs of a range of days, newest day first; going on is starting it again.
import type { Command } from 'commander'
import { UsageError } from '../../core/errors.ts'
import type { BackfillForecast } from '../../core/backfill-forecast.ts'
import type { BackfillProgress } from '../../core/warehouse/backfills.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { forecastBackfill, MAX_WINDOW_DAYS, requestBackfill } from '../../producers/backfill.ts'
import { followBackfill } from '../../producers/waiting.ts'
import type { Window } from '../../producers/window.ts'
import { sweepDirty } from '../../workers/jobs/sweep-dirty.ts'
import { shopOption, wholeNumber, windowOptions } from '../arguments.ts'
import { createProgress, print, printJson } from '../output.ts'
import { type Session, shopNamed, withSession } from '../session.ts'
import { refusePaused, waitForFanOut } from '../wait.ts'
import { windowOf, type WindowFlags } from '../window.ts'

interface BackfillFlags extends WindowFlags {
  readonly shop: number
  readonly windowDays: number
  readonly wait?: boolean
  readonly forecast?: boolean
}

const POLL_MS = 500
const POLLS_PER_SWEEP = 60

export const addBackfill = (program: Command): void => {
  const backfills = program
    .command('backfill')
    .description(
      'read all posted ROs of past days, newest day first; the same command again goes on where it was',
    )
    .addOption(shopOption())
  windowOptions(backfills)
    .option('--window-days <days>', 'days per window, 1 to 31', wholeNumber('--window-days'), 1)
    .option('--wait', 'wait for the end and print the counts')
    .option('--forecast', 'only print what it would cost')
    .action((flags: BackfillFlags, command: Command) =>
      withSession(command, { worksAlone: flags.wait === true }, (session) => backfill(session, flags)),
    )
}

const backfill = async (session: Session, flags: BackfillFlags): Promise<void> => {
  const { program, json } = session
  const { services } = program
  if (flags.windowDays < 1 || flags.windowDays > MAX_WINDOW_DAYS)
    throw new UsageError(`--window-days must be from 1 to ${MAX_WINDOW_DAYS}`)
  const shop = await shopNamed(session, flags.shop)
  const window = windowOf(flags, { timezone: shop.timezone, today: await services.clock() })
  const { requestsPerMinute } = program.connections.tekmetric
  const wish = { shop, window, windowDays: flags.windowDays, requestsPerMinute }
  const forecast = await forecastBackfill(services, wish)
  if (!json) printForecast(shop, window, forecast)
  if (flags.forecast === true) return json ? printJson({ ...window, forecast }) : undefined
  const { backfillId, existing, from, to } = await requestBackfill(program, {
    shopTmId: flags.shop,
    ...window,
    windowDays: flags.windowDays,
    trigger: 'cli',
    forecast,
  })
  if (existing && !json) print(`Going on with the open backfill from ${from} to ${to}.`)
  if (flags.wait !== true) {
    if (json) printJson({ backfillId, existing, from, to, forecast })
    else print(`Asked for; the backfill is ${backfillId}.`)
    return
  }
  const ended = await waitForBackfill(session, backfillId, forecast.ros)
  await waitForFanOut(program, shop.id)
  report(ended, json)
}

const printForecast = ({ tmId }: Shop, { from, to }: Window, forecast: BackfillForecast): void => {
  const { ros, basis, toRead, calls, minutes, budget, windows } = forecast
  print(`Backfill of shop ${tmId} from ${from} to ${to}: ${windows} windows, newest first`)
  print(`  ROs posted   ${ros} (${basis}), ${toRead} of them to read`)
  print(`  TM calls     about ${calls.total} (${calls.listing} for lists, ${calls.reading} for ROs)`)
  print(
    `  time         about ${minutes.alone} min with the whole budget of ${budget.requestsPerMinute} a minute;` +
      ` live sync goes first, and at its busiest leaves ${budget.floor * 100} % (${minutes.atFloor} min)`,
  )
}

const waitForBackfill = async (
  { program, json }: Session,
  backfillId: string,
  expected: number,
): Promise<BackfillProgress> => {
  const { services, queueJobs } = program
  const bar = createProgress('backfill', json)
  let polls = 0
  const onProgress = async (state: BackfillProgress) => {
    polls += 1
    // Where no scheduler runs, nobody else sweeps up what a failure left behind.
    if (polls % POLLS_PER_SWEEP === 0) await queueJobs.request(sweepDirty, {})
    const { listed, pending } = state.ros
    bar.update(listed - pending, Math.max(expected, listed), state.workingOn ?? '')
    if (state.status !== 'finished') await refusePaused(services, state.shopTmId)
  }
  try {
    return await followBackfill(services, backfillId, { onProgress, pollMs: POLL_MS })
  } finally {
    bar.end()
  }
}

const COUNTS = ['listed', 'created', 'updated', 'unchanged', 'stale', 'deleted', 'skipped', 'failed'] as const

/** Prints the counts and failures; marks the process as failed when anything failed. */
const report = (ended: BackfillProgress, json: boolean): void => {
  if (ended.windows.withFailures > 0) process.exitCode = 1
  if (json) return printJson(ended)
  print(COUNTS.map((name) => `${name} ${ended.ros[name]}`).join(', '))
  if (ended.truncated) print('Attention: a window was truncated; run it again with a smaller --window-days.')
  if (ended.windows.withFailures > 0)
    print(`${ended.windows.withFailures} of ${ended.windows.total} windows have failures:`)
  for (const { from, to, ro, reason } of ended.failures)
    print(ro === null ? `  ${from} to ${to} could not be listed: ${reason}` : `  ${to}, RO ${ro}: ${reason}`)
}
