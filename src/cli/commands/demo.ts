// `warehouse demo`: the whole pipeline on this machine, from nothing to the daily table, in one command.
import type { Command } from 'commander'
import { loadConfig, openConnections, type Connections } from '../../connections.ts'
import { untilAborted } from '../../core/joined-signal.ts'
import { onSignals } from '../../core/shutdown.ts'
import type { Config } from '../../core/config.ts'
import type { Shop } from '../../core/warehouse/warehouse.ts'
import { openProgram, type Program } from '../../program.ts'
import { API_DOCS_PATH, BOARD_PATH, SEARCH_PATH } from '../../producers/http/addresses.ts'
import { requestRepairOrders } from '../../producers/sync-runs.ts'
import { daysBack } from '../arguments.ts'
import { printDaily } from '../daily-table.ts'
import { print } from '../output.ts'
import { commandLogger } from '../session.ts'
import { reportRun, waitForFanOut, waitForParties, waitForRun } from '../wait.ts'
import { windowOf } from '../window.ts'

/** A working day passes in about three minutes. */
const TICK_MS = 5_000
const VIRTUAL_MINUTES_PER_TICK = 15

interface DemoFlags {
  readonly once?: boolean
  readonly daysBack: number
}

export const addDemo = (program: Command): void => {
  program
    .command('demo')
    .description('start everything embedded, sync the simulated shops, print the daily table')
    .option('--once', 'exit when the pipeline has gone quiet')
    .option('--days-back <days>', 'window of posted ROs', daysBack, 30)
    .action((flags: DemoFlags) => demo(flags))
}

const demo = async ({ once = false, daysBack }: DemoFlags): Promise<void> => {
  // Every minute, so that a visitor sees the schedules at work.
  const config = loadConfig(process.env, { RO_SYNC_INTERVAL_MINUTES: '1' })
  const log = commandLogger()
  const stop = new AbortController()
  onSignals(() => stop.abort())
  const { signal } = stop
  print('tekmetric-warehouse: the whole pipeline on this machine')
  const connections = await openConnections(config, log, (part, where) =>
    print(`  ${part.padEnd(12)} ${where}`),
  )
  const program = await openProgram({ config, connections, log })
  // Beside a running one it lends a hand and ends: a second API and a second scheduler would help nobody.
  const stays = !once && !connections.embedded?.joined
  try {
    announce(connections, config)
    await program.start(stays ? ['worker', 'scheduler', 'api'] : ['worker'], { watched: stays })
    await show(program, { daysBack, signal })
    if (once) return await waitForParties(program, signal)
    showUrls(program, config.dataDir)
    if (stays) await liveOn(connections, signal)
  } catch (error) {
    // Told to stop while it worked: what it was asked for is not there.
    if (!signal.aborted) throw error
    process.exitCode = 1
  } finally {
    if (signal.aborted) print('stopping …')
    await program.close()
  }
}

interface Showing {
  readonly daysBack: number
  /** Ends the waiting. */
  readonly signal: AbortSignal
}

/** From nothing to the daily table. */
const show = async (program: Program, showing: Showing): Promise<void> => {
  const shops = await program.services.shops.list()
  for (const shop of shops) await syncShop(program, shop, showing)
  await waitForFanOut(program, null, showing.signal)
  for (const shop of shops) await showShop(program, shop, showing.daysBack)
}

const announce = ({ queue, embedded }: Connections, { dataDir }: Config): void => {
  if (embedded?.joined) print(`  joins process ${embedded.joined.pid}, which runs on ${dataDir}/ already`)
  print(`  queue store  BullMQ on ${queue.kind === 'redis' ? 'Redis' : 'Postgres'}`)
  print()
}

const syncShop = async (program: Program, shop: Shop, { daysBack, signal }: Showing): Promise<void> => {
  const { runId } = await requestRepairOrders(program, { shop, trigger: 'cli', daysBack, board: 'ALL' })
  const run = await waitForRun(program, runId, { label: `  shop ${shop.tmId}`, quiet: false, signal })
  process.stdout.write(`  shop ${shop.tmId}: `)
  reportRun(run, false)
}

/** Virtual time passes until somebody stops the demo, so that the schedules have something to find. */
const liveOn = async ({ embedded }: Connections, signal: AbortSignal): Promise<void> => {
  const tick = setInterval(() => embedded?.advance?.(VIRTUAL_MINUTES_PER_TICK), TICK_MS)
  await untilAborted(signal)
  clearInterval(tick)
}

const showShop = async (program: Program, shop: Shop, daysBack: number): Promise<void> => {
  const today = await program.services.clock()
  const window = windowOf({ daysBack }, { timezone: shop.timezone, today })
  printDaily(shop, await program.services.warehouse.metrics.daily({ shopId: shop.id, ...window }))
}

const showUrls = ({ http, connections: { embedded } }: Program, dataDir: string): void => {
  const { demoUser: user, joined } = embedded ?? {}
  const base = http()?.url ?? joined?.httpUrl
  print()
  if (base) {
    print(`  operators    ${base}${SEARCH_PATH}  (find an RO, failed work, schedules)`)
    print(`  Bull Board   ${base}${BOARD_PATH}`)
    print(`  API docs     ${base}${API_DOCS_PATH}`)
  }
  if (user) print(`  login        ${user.email}  ${user.password}`)
  if (joined) return print(`  Process ${joined.pid} goes on; stop it where it was started.`)
  if (embedded?.advance)
    print('  Virtual time passes from now on; new and changed ROs are found every minute.')
  print(`  Ctrl-C stops everything; the data stays in ${dataDir}/`)
}
