// `warehouse migrate`: brings a database to the schema of this release.
import type { Command } from 'commander'
import { loadConfig } from '../../connections.ts'
import { ConfigInvalid } from '../../core/errors.ts'
import { migrate } from '../../core/warehouse/migrate.ts'
import { print, printJson } from '../output.ts'
import { commandLogger, isJson, withSession } from '../session.ts'

export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .description(
      'apply migrations, functions and views to the database at DATABASE_URL (or the embedded one)',
    )
    .action(async (_options, command: Command) => {
      const config = loadConfig(process.env)
      if (config.warehouse.databaseUrl !== null) return run(config.warehouse.databaseUrl, isJson(command))
      if (config.warehouse.url !== null)
        throw new ConfigInvalid([
          'DATABASE_URL: missing; migrations need a direct connection to the database',
        ])
      // The embedded stack migrates its own database when it starts.
      await withSession(command, {}, async ({ json }) => report({ applied: [], embedded: true }, json))
    })
}

const run = async (databaseUrl: string, json: boolean): Promise<void> => {
  const applied = await migrate({ databaseUrl, log: commandLogger() })
  report(applied, json)
}

const report = (result: unknown, json: boolean): void => {
  if (json) printJson(result)
  else print('The database has the schema of this release.')
}
