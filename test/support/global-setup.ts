// Starts what the tests need, once for all projects of a run: one Postgres cluster with a migrated template
// database, and a private Redis where there is one. Says loudly what cannot run; with CI=true that is a failure.
import type { TestProject } from 'vitest/node'
import { migrate } from '../../src/core/warehouse/migrate.ts'
import { prepareDatabase, prepareQueueDatabase } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { startPostgres } from '../../src/embedded/postgres/launcher.ts'
import type { TestServers } from './provided.ts'
import { hasRedisServer, startRedis } from './redis-server.ts'
import { closeRunFolder, openRunFolder } from './run-folder.ts'

interface Started {
  readonly servers: TestServers
  readonly stop: () => Promise<void>
}

const start = async (): Promise<Started> => {
  const folder = await openRunFolder()
  const postgres = await startPostgres({
    dataDir: folder,
    durable: false,
    maxConnections: 500,
    log: silentLog,
  })
  const redis = hasRedisServer() ? await startRedis(folder) : null
  const stop = async (): Promise<void> => {
    await redis?.stop()
    await postgres.stop()
    closeRunFolder(folder)
  }
  try {
    const template = 'warehouse_template'
    const { ownerUrl } = await prepareDatabase({ adminUrl: postgres.url, database: template })
    await migrate({ databaseUrl: ownerUrl, log: silentLog })
    const queueUrl = await prepareQueueDatabase({ adminUrl: postgres.url, database: 'queues' })
    const postgrestBin = process.env['POSTGREST_BIN'] || null
    const redisUrl = redis?.url ?? null
    const servers = { adminUrl: postgres.url, template, queueUrl, redisUrl, postgrestBin, folder }
    sayWhatIsMissing(servers)
    return { servers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const loudly = (text: string): void => {
  const line = '!'.repeat(100)
  process.stderr.write(`\n${line}\n${text}\n${line}\n\n`)
}

/** What this run leaves out. @throws with CI=true, where nothing may be left out */
const sayWhatIsMissing = ({ redisUrl, postgrestBin }: TestServers): void => {
  if (postgrestBin === null) {
    process.stderr.write('POSTGREST_BIN is not set: the API suites run on the embedded server only\n')
  }
  if (redisUrl !== null) return
  const missing = 'redis-server was not found: the queue suites run on Postgres only, NOT on Redis'
  loudly(`${missing}\nInstall it (apt-get install redis-server, brew install redis) to run all tests.`)
  if (process.env['CI'] === 'true') throw new Error(`${missing}; with CI=true that is a failure`)
}

/** Each project loads this file anew, so what they share hangs on the process. */
const shared = globalThis as typeof globalThis & {
  __testServers?: { users: number; started: Promise<Started> }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.__testServers ??= { users: 0, started: start() }
  const mine = shared.__testServers
  mine.users += 1
  const { servers, stop } = await mine.started
  project.provide('testServers', servers)
  return async () => {
    mine.users -= 1
    if (mine.users > 0) return
    delete shared.__testServers
    await stop()
  }
}
