// A whole installation of its own, for tests that take its servers away: a Postgres cluster, a Redis (or queues in that
// Postgres), the Supabase API, a simulator, and processes of the product. Everything can be killed and brought back.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { inject } from 'vitest'
import { silentLogger } from '../../src/core/logger.ts'
import type { BackfillProgress } from '../../src/core/warehouse/backfills.ts'
import { migrate } from '../../src/core/warehouse/migrate.ts'
import { prepareDatabase, prepareQueueDatabase } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { startPostgres, type RunningPostgres } from '../../src/embedded/postgres/launcher.ts'
import { createSimulator, type Simulator } from '../../src/embedded/simulator/simulator.ts'
import { apiKeys } from '../../src/embedded/supabase-api/server.ts'
import { requestBackfill } from '../../src/producers/backfill.ts'
import type { Role } from '../../src/program.ts'
import { sweepDirty } from '../../src/workers/jobs/sweep-dirty.ts'
import { freePort } from './free-port.ts'
import { compareWithWarehouse, report } from './oracle/compare.ts'
import { openParts, type PipelineParts } from './pipeline-parts.ts'
import { whatIsLeft } from './pipeline-quiet.ts'
import { startProgramProcess, type ProgramProcess } from './program-process.ts'
import type { TestQueueStore } from './queue-store.ts'
import { startRedis, type PrivateRedis } from './redis-server.ts'
import { noteProcess } from './run-folder.ts'
import { keepSupabaseApi } from './supabase-api-process.ts'

export const SHOP = 4321
const JWT_SECRET = 'a secret of a test, long enough for HS256'

export interface InstallationOptions {
  readonly queues: TestQueueStore['kind']
  readonly repairOrders: number
  /** How fast TM may be asked: what makes a backfill last. */
  readonly requestsPerMinute: number
}

export interface Installation {
  readonly simulator: Simulator
  /** A client of the queues and the warehouse in the test's own process. */
  readonly parts: PipelineParts
  /** A process with these roles, watched on a port of its own. */
  start(roles: readonly Role[]): Promise<ProgramProcess>
  backfill(): Promise<string>
  progress(backfillId: string): Promise<BackfillProgress>
  /** Takes the queue store, or the Postgres cluster, away with SIGKILL; the result brings it back (Redis: empty). */
  killRedis(): Promise<() => Promise<void>>
  killPostgres(): Promise<() => Promise<void>>
  /**
   * The backfill has ended, every queue is empty and nothing is marked.
   * @param hurried asks for the sweep that comes every minute, where it is not the point that it comes by itself
   * @throws Error naming what is left
   */
  finished(backfillId: string, withinMs: number, hurried?: boolean): Promise<BackfillProgress>
  /** The oracle: '' when the warehouse equals the source to the cent. */
  differences(): Promise<string>
  close(): Promise<void>
}

export const startInstallation = async (options: InstallationOptions): Promise<Installation> => {
  const { folder: run } = inject('testServers')
  const folder = mkdtempSync(join(run, 'installation-'))
  const simulator = createSimulator({
    shops: [{ tmId: SHOP, repairOrders: options.repairOrders }],
    days: 14,
    quirks: { reportPageSize: 20 },
  })
  const { url: baseUrl } = await simulator.listen()
  const postgresOptions = { dataDir: join(folder, 'cluster'), log: silentLog, maxConnections: 300 }
  let postgres: RunningPostgres = await startPostgres(postgresOptions)
  noteProcess(run, postgres.pid)
  let redis: PrivateRedis | null = options.queues === 'redis' ? await startRedis(run) : null
  const database = await prepareDatabase({ adminUrl: postgres.url, database: 'warehouse' })
  await migrate({ databaseUrl: database.ownerUrl, log: silentLog })
  const queueUrl = redis?.url ?? (await prepareQueueDatabase({ adminUrl: postgres.url, database: 'queues' }))
  const apiPort = await freePort()
  const closeApi = await keepSupabaseApi(
    { databaseUrl: database.apiUrl, port: apiPort, jwtSecret: JWT_SECRET },
    run,
  )
  const warehouse = { url: `http://127.0.0.1:${apiPort}`, ...apiKeys(JWT_SECRET), jwtSecret: JWT_SECRET }
  const { now } = simulator.truth()
  const parts = openParts({
    servers: {
      queue: { kind: options.queues, url: queueUrl, name: options.queues === 'redis' ? 'bull' : 'bullmq' },
      warehouse,
      tekmetric: { baseUrl },
    },
    log: silentLogger(),
    tokenOf: (shop) => simulator.tokens.for(shop),
    clock: () => new Date(now),
  })
  await parts.services.warehouse.shops.ensure({
    tmId: SHOP,
    name: 'A garage',
    timezone: 'America/New_York',
  })
  const processes: ProgramProcess[] = []
  const progress = (backfillId: string) => parts.services.warehouse.backfills.progress({ backfillId })
  return {
    simulator,
    parts,
    start: async (roles) => {
      const started = await startProgramProcess({
        roles,
        settings: { METRICS_PORT: '0', PORT: '0', RO_SYNC_INTERVAL_MINUTES: '60' },
        queue: { kind: options.queues, url: queueUrl },
        warehouse,
        tekmetric: {
          baseUrl,
          tokens: [[SHOP, simulator.tokens.for(SHOP)]],
          requestsPerMinute: options.requestsPerMinute,
        },
        now,
      })
      processes.push(started)
      return started
    },
    backfill: async () => {
      const range = { from: '2026-03-07', to: '2026-03-20' }
      const wish = { shopTmId: SHOP, ...range, windowDays: 1, trigger: 'cli', forecast: {} } as const
      return (await requestBackfill(parts, wish)).backfillId
    },
    progress,
    killRedis: async () => {
      const { port } = redis ?? { port: 0 }
      await redis?.kill()
      return async () => void (redis = await startRedis(run, port))
    },
    killPostgres: async () => {
      const { port } = postgres
      process.kill(postgres.pid, 'SIGKILL')
      await postgres.stop() // Nothing to stop any more; gives the data directory free.
      return async () => {
        postgres = await startPostgres({ ...postgresOptions, port })
        noteProcess(run, postgres.pid)
        if (postgres.port !== port) throw new Error('the port of Postgres was taken meanwhile')
      }
    },
    finished: async (backfillId, withinMs, hurried = false) => {
      const deadline = Date.now() + withinMs
      for (;;) {
        const state = await progress(backfillId).catch(() => null)
        const left = state?.status === 'finished' ? await whatIsLeft(parts) : null
        if (state !== null && left !== null && isQuiet(left)) return state
        if (Date.now() > deadline)
          throw new Error(`not finished after ${withinMs} ms: ${JSON.stringify({ state, left })}`)
        if (hurried && left !== null && !someRun(left))
          await parts.queueJobs.request(sweepDirty, { olderThanSeconds: 0 })
        await pause(200)
      }
    },
    differences: async () => report(await compareWithWarehouse(database.adminUrl, simulator.truth())),
    close: async () => {
      await Promise.all(processes.filter(({ ended }) => ended() === null).map((one) => one.kill()))
      await parts.close()
      await Promise.all([closeApi(), simulator.close()])
      await postgres.stop()
      await redis?.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Left = Awaited<ReturnType<typeof whatIsLeft>>

/** Work in the queues, but for the schedules' own next queue jobs, which are delayed all the time. */
const someRun = ({ queues }: Left): boolean =>
  Object.keys(queues).some((name) => !name.endsWith('.delayed') || name.startsWith('metrics'))

const isQuiet = (left: Left): boolean => left.marks === 0 && !someRun(left)
