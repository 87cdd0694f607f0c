// A Postgres owner in a process of its own, so that a test can kill it or run it as another user.
// Run as: node --import tsx postgres-child.ts <dataDir>; prints one line of JSON, ends on SIGTERM.
import { startPostgres } from '../../src/embedded/postgres/launcher.ts'
import { silentLog } from '../../src/embedded/log.ts'

const main = async (): Promise<void> => {
  const dataDir = process.argv[2] ?? ''
  const postgres = await startPostgres({ dataDir, log: silentLog })
  process.once('SIGTERM', () => void postgres.stop())
  // Keeps the process alive until it is told to end or killed.
  const alive = setInterval(() => undefined, 1_000)
  process.once('SIGTERM', () => clearInterval(alive))
  process.stdout.write(`${JSON.stringify({ url: postgres.url, pid: postgres.pid })}\n`)
}

main().catch((error: unknown) => {
  process.stdout.write(`${JSON.stringify({ refused: error instanceof Error ? error.message : 'unknown' })}\n`)
  process.exitCode = 1
})
