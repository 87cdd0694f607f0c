// The `warehouse` command: parses, runs one command, turns errors into a sentence and an exit code
// (0 done, 1 failed, 2 wrong usage, 78 settings cannot be used).
import { Command, CommanderError } from 'commander'
import { AppError, ConfigInvalid, UsageError } from '../core/errors.ts'
import { addBackfill } from './commands/backfill.ts'
import { addDeletions } from './commands/deletions.ts'
import { addDemo } from './commands/demo.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrift } from './commands/drift.ts'
import { addExplain } from './commands/explain.ts'
import { addFailed } from './commands/failed.ts'
import { addKeys } from './commands/keys.ts'
import { addMetrics } from './commands/metrics.ts'
import { addMigrate } from './commands/migrate.ts'
import { addOpsSummary } from './commands/ops-summary.ts'
import { addPromote } from './commands/promote.ts'
import { addReconcile } from './commands/reconcile.ts'
import { addReplay } from './commands/replay.ts'
import { addResync } from './commands/resync.ts'
import { addSchedules } from './commands/schedules.ts'
import { addShops } from './commands/shops.ts'
import { addSimulator } from './commands/simulator.ts'
import { addSnapshots } from './commands/snapshots.ts'
import { addStart } from './commands/start.ts'
import { addSync } from './commands/sync.ts'
import { addTokens } from './commands/tokens.ts'

/** EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78
const EXIT_USAGE = 2

const program = new Command('warehouse')
  .description('A multi-shop warehouse of Tekmetric repair orders in Supabase.')
  .option('--json', 'print machine-readable JSON')
  .exitOverride()
  .showHelpAfterError('(run with --help for the options)')

for (const add of [
  addStart,
  addDemo,
  addMigrate,
  addShops,
  addSync,
  addBackfill,
  addResync,
  addSnapshots,
  addMetrics,
  addReconcile,
  addExplain,
  addReplay,
  addFailed,
  addSchedules,
  addDeletions,
  addDrift,
  addOpsSummary,
  addDoctor,
  addTokens,
  addPromote,
  addKeys,
  addSimulator,
])
  add(program)

const exitCodeOf = (error: unknown): number => {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : EXIT_USAGE
  if (error instanceof ConfigInvalid) return EXIT_CONFIG
  return error instanceof UsageError ? EXIT_USAGE : 1
}

const explain = (error: unknown): string | null => {
  if (error instanceof CommanderError) return null // Commander has printed its own sentence.
  if (error instanceof AppError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

// `warehouse … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

/** With --json a script reads the error too: one JSON document on standard error. */
const report = (error: unknown): string | null => {
  const message = explain(error)
  if (message === null || program.opts<{ json?: boolean }>().json !== true)
    return message === null ? null : `warehouse: ${message}\n`
  const code = error instanceof AppError ? error.code : 'UNEXPECTED'
  return `${JSON.stringify({ error: { code, message } })}\n`
}

try {
  await program.parseAsync()
} catch (error) {
  const text = report(error)
  if (text !== null) process.stderr.write(text)
  process.exitCode = exitCodeOf(error)
}
