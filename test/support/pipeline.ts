// The whole product in a test: simulator → queues → workers → API → Postgres, assembled as `program.ts` does it, with
// the oracle at its end. Everything listens on loopback and is gone after `close`.
import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import pg from 'pg'
import type { Logger } from '../../src/core/logger.ts'
import type { Timeouts } from '../../src/core/tekmetric/http-get.ts'
import type { RawPolicy } from '../../src/core/tekmetric/raw-payload.ts'
import type { RunProgress } from '../../src/core/warehouse/runs.ts'
import { withClient } from '../../src/embedded/database.ts'
import type { SimulatorInput } from '../../src/embedded/simulator/options.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import { syncRepairOrder } from '../../src/workers/jobs/sync-repair-order.ts'
import { startWorkers, type FinishedQueueJob, type Workers } from '../../src/workers/runtime.ts'
import { startTestApi, type TestApi } from './api.ts'
import { createTestDatabase } from './database.ts'
import { compareWithWarehouse, type CompareOptions, type Difference } from './oracle/compare.ts'
import { collectLog, type LogLine } from './pipeline-log.ts'
import { openParts, type PipelineParts, type PipelineServers } from './pipeline-parts.ts'
import { waitUntilQuiet, type QuietOptions } from './pipeline-quiet.ts'
import type { TestQueueStore } from './queue-store.ts'

/** A killed worker's queue jobs run again after about this long. */
export const STALL_MS = 2_000
const POLL_MS = 25

export interface PipelineOptions {
  readonly store: TestQueueStore
  readonly simulator?: SimulatorInput
  /** False: no workers run in this process (a child process works, or the test itself). */
  readonly workers?: boolean
  /** What `lines` holds; default `info`. */
  readonly logLevel?: string
  /** Which answers of TM are kept; default `off`. */
  readonly storeRaw?: RawPolicy
  /** Of the TM client; a test that hangs on purpose wants short ones. */
  readonly timeouts?: Partial<Timeouts>
}

export interface SyncRequest {
  readonly shop: number
  readonly source: 'board' | 'report' | 'sweep' | 'all'
  readonly daysBack?: number
  readonly withinMs?: number
}

export interface WorkerOptions {
  readonly onFinished?: (job: FinishedQueueJob) => void
}

export interface Pipeline extends PipelineParts {
  readonly simulator: Simulator
  readonly servers: PipelineServers
  /** The Supabase API in front of the warehouse. */
  readonly api: TestApi
  readonly databaseUrl: string
  readonly shops: readonly number[]
  readonly log: Logger
  /** Log lines of this process, oldest first. */
  readonly lines: LogLine[]
  /** Queue jobs that workers of this process finished, oldest first. */
  readonly finished: FinishedQueueJob[]
  /** Tokens that win over the simulator's own, by shop. */
  readonly tokens: Map<number, string>
  /** Workers in this process; `onFinished` is told besides `finished`. */
  startWorkers(options?: WorkerOptions): Workers
  /** Opens a run, asks for its discovery and waits until it has ended. */
  sync(request: SyncRequest): Promise<RunProgress>
  quiet(options?: QuietOptions): Promise<void>
  /** The oracle. */
  compare(options?: CompareOptions): Promise<Difference[]>
  /** Rows of the warehouse, as the superuser. */
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>
  close(): Promise<void>
}

export const startPipeline = async (options: PipelineOptions): Promise<Pipeline> => {
  const simulator = createSimulator(options.simulator ?? {})
  const [database, { url: baseUrl }] = await Promise.all([createTestDatabase(), simulator.listen()])
  const api = await startTestApi(database)
  const name = `pipeline_${randomBytes(5).toString('hex')}`
  const servers: PipelineServers = {
    queue: { ...options.store, name },
    warehouse: { url: api.url, serviceKey: api.serviceKey },
    tekmetric: { baseUrl },
  }
  const tokens = new Map<number, string>()
  const { log, lines } = collectLog(options.logLevel)
  const finished: FinishedQueueJob[] = []
  const clock = () => new Date(simulator.truth().now)
  const tokenOf = (shop: number) => tokens.get(shop) ?? simulator.tokens.for(shop)
  const parts = openParts({
    servers,
    log,
    tokenOf,
    clock,
    storeRaw: options.storeRaw,
    timeouts: options.timeouts,
  })
  const shops = simulator.truth().shops
  for (const shop of shops)
    await parts.services.warehouse.shops.ensure({ tmId: shop.tmId, name: shop.name, timezone: shop.timeZone })
  const pool = new pg.Pool({ connectionString: database.adminUrl, max: 2 })
  const running = new Set<Workers>()
  const start = ({ onFinished }: WorkerOptions = {}): Workers => {
    const workers = startWorkers({
      ...parts,
      log,
      stallMs: STALL_MS,
      onFinished: (job) => {
        finished.push(job)
        onFinished?.(job)
      },
    })
    running.add(workers)
    return {
      close: async () => {
        running.delete(workers)
        await workers.close()
      },
    }
  }
  if (options.workers !== false) start()
  return {
    ...parts,
    simulator,
    servers,
    api,
    databaseUrl: database.adminUrl,
    shops: shops.map((shop) => shop.tmId),
    log,
    lines,
    finished,
    tokens,
    startWorkers: start,
    sync: (request) => syncShop(parts, request),
    quiet: (quiet) => waitUntilQuiet(parts, quiet),
    compare: (how) => compareWithWarehouse(database.adminUrl, simulator.truth(), how),
    query: async <R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
      (await pool.query<R>(text, [...values])).rows,
    close: async () => {
      for (const workers of running) await workers.close()
      await parts.close()
      await Promise.all([pool.end(), simulator.close()])
      await api.close()
      if (options.store.kind === 'postgres') await dropSchema(options.store.url, name)
      await database.drop()
    },
  }
}

const dropSchema = (url: string, name: string): Promise<unknown> =>
  withClient(url, (client) => client.query(`drop schema if exists ${pg.escapeIdentifier(name)} cascade`))

/** Asks for one RO, as a webhook or a person does. */
export const requestRepairOrder = (
  { queueJobs }: Pick<PipelineParts, 'queueJobs'>,
  { shop, ro }: { readonly shop: number; readonly ro: number },
): Promise<unknown> =>
  queueJobs.request(syncRepairOrder, { shop, ro, lane: 'interactive', reason: 'requested' })

/** The shop-local days that were rebuilt, one entry per finished queue job, from the log. */
export const rebuiltDays = (lines: readonly LogLine[]): string[] =>
  lines
    .filter(({ job, event }) => job === 'rebuild-day' && event === 'job.done')
    .map(({ date }) => String(date))

/** Opens a run and asks for its discovery; answers at once. */
export const requestSync = async (
  { services, queueJobs }: Pick<PipelineParts, 'services' | 'queueJobs'>,
  { shop, source, daysBack = 40 }: SyncRequest,
): Promise<string> => {
  const { id: shopId } = await services.shops.byTmId(shop)
  const params = { source, daysBack }
  const { runId } = await services.warehouse.runs.start({
    shopId,
    kind: 'repair-orders',
    trigger: 'cli',
    params,
  })
  const lane = 'interactive'
  await queueJobs.request(discoverRepairOrders, { shop, source, daysBack, lane, trigger: 'cli', run: runId })
  return runId
}

const syncShop = async (parts: PipelineParts, request: SyncRequest): Promise<RunProgress> => {
  const runId = await requestSync(parts, request)
  const { runs } = parts.services.warehouse
  const deadline = Date.now() + (request.withinMs ?? 120_000)
  for (;;) {
    const run = await runs.progress({ runId })
    if (run.status === 'finished' || run.status === 'failed') return run
    if (run.listedAt !== null && run.pending === 0) return runs.finish({ runId })
    if (Date.now() > deadline) throw new Error(`the run has not ended: ${JSON.stringify(run)}`)
    await pause(POLL_MS)
  }
}
