// The whole pipeline against the requester's first version, in one run: the embedded stack in this process,
// an unthrottled simulator in its own process, a fresh data directory.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { openConnections } from '../src/connections.ts'
import { readConfig } from '../src/core/config.ts'
import { silentLogger } from '../src/core/logger.ts'
import { openProgram, type Program } from '../src/program.ts'
import { discoverRepairOrders } from '../src/workers/jobs/discover-repair-orders.ts'
import { syncEmployees } from '../src/workers/jobs/sync-employees.ts'
import { runBaseline } from './baseline.ts'
import { spawnSimulator } from './simulator-process.ts'

const SHOP = 4321
/** Two months of a shop with 500 ROs a month: long enough that the start and the last day's rebuild weigh little. */
const ROS = 1_000
const DAYS_BACK = 60
/** Enough for a stable mean; the baseline is slow and its cost per RO does not change with their number. */
const BASELINE_ROS = 40

interface Counters {
  tekmetric: number
  warehouse: Record<string, number>
}

export const benchPipeline = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'warehouse-bench-'))
  // The report's window counts back from the wall clock, so the simulated month ends now.
  const simulator = await spawnSimulator([
    '--now',
    new Date().toISOString(),
    '--days',
    String(DAYS_BACK),
    '--shops',
    `${SHOP}:America/New_York:${ROS}`,
  ])
  const counters: Counters = { tekmetric: 0, warehouse: {} }
  try {
    const config = readConfig({
      DATA_DIR: dataDir,
      TM_BASE_URL: simulator.url,
      TM_AUTH_TOKEN: simulator.token,
      TM_REQUESTS_PER_MINUTE: '1000000',
    })
    const log = silentLogger()
    const connections = await openConnections(config, log)
    const program = await openProgram({ config, connections, log, observe: observing(counters) })
    try {
      await program.services.warehouse.shops.ensure({
        tmId: SHOP,
        name: 'bench',
        timezone: 'America/New_York',
      })
      await program.start(['worker'])
      await benchRun(program, counters)
    } finally {
      await program.close()
    }
  } finally {
    await simulator.stop()
    await rm(dataDir, { recursive: true, force: true })
  }
}

const observing = (counters: Counters) => ({
  onTekmetricRequest: () => void (counters.tekmetric += 1),
  onWarehouseCall: ({ name }: { name: string }) =>
    void (counters.warehouse[name] = (counters.warehouse[name] ?? 0) + 1),
})

const benchRun = async (program: Program, counters: Counters): Promise<void> => {
  await syncEmployeesFirst(program)
  reset(counters)
  const queueBefore = await queueTransactions(program)
  const startedAt = performance.now()
  const { runId, ros } = await syncShop(program)
  const synced = performance.now()
  await quiet(program)
  const quietAt = performance.now()
  const queueAfter = await queueTransactions(program)
  const counted = structuredClone(counters)
  const seconds = (quietAt - startedAt) / 1000
  const beforeFanOut = counted.warehouse
  const direct = sum(beforeFanOut, [
    'stale_repair_orders',
    'record_run_items',
    'apply_repair_order',
    'unlisted_repair_orders',
  ])
  console.log(`whole pipeline: ${ros} ROs (run ${runId})`)
  row('synced after', `${((synced - startedAt) / 1000).toFixed(2)} s`)
  row('quiet after (snapshots and days done)', `${seconds.toFixed(2)} s`)
  row('ROs per second, whole pipeline', (ros / seconds).toFixed(1))
  row('TM calls per RO', (counted.tekmetric / ros).toFixed(3))
  row('warehouse round trips per RO before fan-out', (direct / ros).toFixed(3))
  row('warehouse round trips per RO in all', (sum(beforeFanOut, workCalls(beforeFanOut)) / ros).toFixed(3))
  row('queue store transactions per RO', ((queueAfter - queueBefore) / ros).toFixed(1))
  row('rebuild-day runs for all days', String(beforeFanOut['refresh_daily_metrics'] ?? 0))
  const again = await measureUnchanged(program, counters)
  row('unchanged run again: TM calls / round trips', `${again.tekmetric} / ${again.roundTrips}`)
  const baseline = await runBaseline({ program, shop: SHOP, count: BASELINE_ROS })
  console.log(`\nbaseline (one RO at a time, a select and an upsert per row over HTTP): ${baseline.ros} ROs`)
  row('ROs per second', baseline.perSecond.toFixed(2))
  row('round trips per RO', baseline.roundTripsPerRo.toFixed(1))
  console.log()
  row('pipeline ÷ baseline', `${(ros / seconds / baseline.perSecond).toFixed(1)} ×`)
}

const row = (label: string, value: string) => console.log(`  ${label.padEnd(46)} ${value}`)

const sum = (calls: Record<string, number>, names: readonly string[]) =>
  names.reduce((total, name) => total + (calls[name] ?? 0), 0)

/** What this bench itself asks while it waits does not count as work. */
const workCalls = (calls: Record<string, number>) =>
  Object.keys(calls).filter(
    (name) => !['run_progress', 'finish_run', 'pipeline_backlog', 'start_run'].includes(name),
  )

const reset = (counters: Counters): void => {
  counters.tekmetric = 0
  counters.warehouse = {}
}

const syncEmployeesFirst = async ({ services, queueJobs }: Program): Promise<void> => {
  const shop = await services.shops.byTmId(SHOP)
  const { runId } = await services.warehouse.runs.start({
    shopId: shop.id,
    kind: 'employees',
    trigger: 'cli',
    params: {},
  })
  await queueJobs.request(syncEmployees, { shop: SHOP, trigger: 'cli', run: runId })
  while ((await services.warehouse.runs.progress({ runId })).status !== 'finished') await sleep(50)
}

const syncShop = async ({ services, queueJobs }: Program): Promise<{ runId: string; ros: number }> => {
  const shop = await services.shops.byTmId(SHOP)
  const { runId } = await services.warehouse.runs.start({
    shopId: shop.id,
    kind: 'repair-orders',
    trigger: 'cli',
    params: {},
  })
  await queueJobs.request(discoverRepairOrders, {
    shop: SHOP,
    source: 'all',
    board: 'ALL',
    daysBack: DAYS_BACK,
    lane: 'incremental',
    trigger: 'cli',
    run: runId,
  })
  for (;;) {
    const run = await services.warehouse.runs.progress({ runId })
    if (run.listedAt !== null && run.pending === 0)
      return { runId, ros: run.created + run.updated + run.unchanged }
    await sleep(50)
  }
}

const quiet = async ({ services }: Program): Promise<void> => {
  for (;;) {
    const { staleRos, dirtyDays } = await services.warehouse.operations.backlog({})
    if (staleRos === 0 && dirtyDays === 0) return
    await sleep(50)
  }
}

const measureUnchanged = async (program: Program, counters: Counters) => {
  reset(counters)
  await syncShop(program)
  await quiet(program)
  return { tekmetric: counters.tekmetric, roundTrips: sum(counters.warehouse, workCalls(counters.warehouse)) }
}

/** Committed transactions of the queue database: what BullMQ asked of its store. */
const queueTransactions = async ({ connections }: Program): Promise<number> => {
  const client = new pg.Client({ connectionString: connections.queue.url })
  await client.connect()
  try {
    // Statistics of other sessions arrive within a second.
    await sleep(1_100)
    const { rows } = await client.query<{ count: string }>(
      'select xact_commit as count from pg_stat_database where datname = current_database()',
    )
    return Number(rows[0]?.count ?? 0)
  } finally {
    await client.end()
  }
}
