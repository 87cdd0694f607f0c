// The whole pipeline against the requester's first version, in one run: the embedded stack in this process,
// an unthrottled simulator in its own process, a fresh data directory.
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Program } from '../src/program.ts'
import { ask, ended, syncEmployeesOf, untilRun } from './ask.ts'
import { runBaseline } from './baseline.ts'
import { inSandbox, row, type Calls, type Sandbox } from './sandbox.ts'

const SHOP = 4321
/** Two months of a shop with 500 ROs a month: long enough that the start and the last day's rebuild weigh little. */
const ROS = 1_000
const DAYS = 60
const UNLIMITED = 1_000_000
/** Enough for a stable mean; the baseline is slow and its cost per RO does not change with their number. */
const BASELINE_ROS = 40

/** What follows a synced RO: snapshots, days, people whom nobody has listed yet. */
const FAN_OUT = [
  'refresh_ro_snapshot',
  'refresh_daily_metrics',
  'unknown_parties',
  'upsert_customers',
  'upsert_vehicles',
  'mark_parties_looked_up',
]
/** What this bench itself asks while it waits. */
const OWN = ['run_progress', 'pipeline_backlog', 'start_run']

export const benchPipeline = (): Promise<void> =>
  inSandbox(
    {
      shops: [{ tmId: SHOP, repairOrders: ROS }],
      days: DAYS,
      requestsPerMinute: UNLIMITED,
      enforced: 0,
    },
    async (sandbox) => {
      await sandbox.program.start(['worker'])
      await syncEmployeesOf(sandbox.program, SHOP)
      const perSecond = await measurePipeline(sandbox)
      await measureUnchanged(sandbox)
      const baseline = await measureBaseline(sandbox)
      console.log()
      row('pipeline ÷ baseline', `${(perSecond / baseline).toFixed(1)} ×`)
    },
  )

/** @returns ROs per second, from the request to the last rebuilt day */
const measurePipeline = async ({ program, calls }: Sandbox): Promise<number> => {
  const before = { calls: calls(), queue: await queueTransactions(program) }
  const startedAt = performance.now()
  const { ros, syncedAt } = await syncShop(program)
  const quietAt = performance.now()
  const made = difference(before.calls, calls())
  const queue = (await queueTransactions(program)) - before.queue
  const seconds = (quietAt - startedAt) / 1000
  console.log(`whole pipeline: ${ros} ROs`)
  row('synced after', `${((syncedAt - startedAt) / 1000).toFixed(2)} s`)
  row('quiet after (snapshots and days done)', `${seconds.toFixed(2)} s`)
  row('ROs per second', (ros / seconds).toFixed(1))
  row('TM calls per RO', (made.tekmetric / ros).toFixed(3))
  row('warehouse round trips per RO before fan-out', (total(made, [...OWN, ...FAN_OUT]) / ros).toFixed(3))
  row('warehouse round trips per RO in all', (total(made, OWN) / ros).toFixed(3))
  row('queue store transactions per RO', (queue / ros).toFixed(1))
  row('rebuild-day runs', `${made.warehouse['refresh_daily_metrics'] ?? 0} for ${DAYS} days`)
  return ros / seconds
}

const measureUnchanged = async ({ program, calls }: Sandbox): Promise<void> => {
  const before = calls()
  await syncShop(program)
  const made = difference(before, calls())
  row('the same again: TM calls / round trips', `${made.tekmetric} / ${total(made, OWN)}`)
}

/** @returns ROs per second */
const measureBaseline = async ({ program, calls }: Sandbox): Promise<number> => {
  const before = { calls: calls(), queue: await queueTransactions(program) }
  const { ros, perSecond, roundTripsPerRo } = await runBaseline({ program, shop: SHOP, count: BASELINE_ROS })
  const { tekmetric } = difference(before.calls, calls())
  const queue = (await queueTransactions(program)) - before.queue
  console.log(`\nbaseline (one RO at a time, a select and an upsert per row over HTTP): ${ros} ROs`)
  row('ROs per second', perSecond.toFixed(2))
  row('TM calls per RO', (tekmetric / ros).toFixed(3))
  row('warehouse round trips per RO', roundTripsPerRo.toFixed(1))
  row('queue store transactions per RO (idle workers)', (queue / ros).toFixed(1))
  return perSecond
}

/** Syncs everything that differs and waits until snapshots and days are done too. */
const syncShop = async (program: Program) => {
  const runId = await ask(program, { shop: SHOP, source: 'all', daysBack: DAYS })
  const { created, updated, unchanged } = await untilRun(program, runId, ended)
  const syncedAt = performance.now()
  for (;;) {
    const { staleRos, dirtyDays } = await program.services.warehouse.operations.backlog({})
    if (staleRos === 0 && dirtyDays === 0) return { ros: created + updated + unchanged, syncedAt }
    await sleep(50)
  }
}

const difference = (before: Calls, after: Calls): Calls => ({
  tekmetric: after.tekmetric - before.tekmetric,
  warehouse: Object.fromEntries(
    Object.entries(after.warehouse).map(([name, count]) => [name, count - (before.warehouse[name] ?? 0)]),
  ),
})

const total = ({ warehouse }: Calls, without: readonly string[]): number =>
  Object.entries(warehouse).reduce((sum, [name, count]) => (without.includes(name) ? sum : sum + count), 0)

/** Committed transactions of the queue database: what BullMQ asked of its store. */
const queueTransactions = async ({ connections }: Program): Promise<number> => {
  if (connections.queue.kind === 'redis') return Number.NaN
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
