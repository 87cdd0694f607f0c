// A throw-away database with this release's schema, for generators that read the catalog.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { migrate } from '../src/core/warehouse/migrate.ts'
import { prepareDatabase, withClient } from '../src/embedded/database.ts'
import { silentLog } from '../src/embedded/log.ts'
import { startPostgres } from '../src/embedded/postgres/launcher.ts'

/** Starts a private cluster, migrates a database, hands over a client as its owner, and clears everything away. */
export const withMigratedDatabase = async <T>(use: (client: pg.Client) => Promise<T>): Promise<T> => {
  const dataDir = mkdtempSync(join(tmpdir(), 'warehouse-schema-'))
  const postgres = await startPostgres({ dataDir, durable: false, log: silentLog })
  try {
    const { ownerUrl } = await prepareDatabase({ adminUrl: postgres.url, database: 'warehouse' })
    await migrate({ databaseUrl: ownerUrl, log: silentLog })
    return await withClient(ownerUrl, use)
  } finally {
    await postgres.stop()
    rmSync(dataDir, { recursive: true, force: true })
  }
}
