// Opens the databases that a failed test run kept: starts their cluster, prints the addresses, stops on Ctrl-C.
// Run as: node --import tsx test/support/open-kept.ts
import { databaseUrls } from '../../src/embedded/database.ts'
import { silentLog } from '../../src/embedded/log.ts'
import { startPostgres } from '../../src/embedded/postgres/launcher.ts'
import { keptDatabases } from './run-folder.ts'

const main = async (): Promise<void> => {
  const kept = keptDatabases()
  if (kept === null) {
    process.stdout.write('no database was kept\n')
    return
  }
  const postgres = await startPostgres({ dataDir: kept.dataDir, durable: false, log: silentLog })
  for (const name of kept.names) process.stdout.write(`psql ${databaseUrls(postgres.url, name).adminUrl}\n`)
  const alive = setInterval(() => undefined, 60_000)
  const stop = (): void => {
    clearInterval(alive)
    void postgres.stop()
  }
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, stop)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : 'unknown error'}\n`)
  process.exitCode = 1
})
