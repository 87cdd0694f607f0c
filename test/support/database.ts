// A migrated database of its own for a test file: a clone of the template, made in a few milliseconds.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { databaseUrls, withClient, type PreparedDatabase } from '../../src/embedded/database.ts'
import { noteKeptDatabase } from './run-folder.ts'

export interface TestDatabase extends PreparedDatabase {
  readonly name: string
  /** Removes it, also under open connections; keeps it when a test of the file failed. */
  readonly drop: () => Promise<void>
}

let keep = false

/** From now on `drop` keeps the databases of this test file. */
export const keepDatabases = (): void => {
  keep = true
}

export const createTestDatabase = async (): Promise<TestDatabase> => {
  const { adminUrl, template } = inject('testServers')
  const name = `t_${randomBytes(6).toString('hex')}`
  await withClient(adminUrl, (client) =>
    client.query(
      `create database ${name} template ${pg.escapeIdentifier(template)} owner warehouse_owner strategy wal_log`,
    ),
  )
  const drop = async (): Promise<void> => {
    if (keep) {
      noteKeptDatabase(inject('testServers').folder, name)
      return
    }
    await withClient(adminUrl, (client) => client.query(`drop database if exists ${name} with (force)`))
  }
  return { ...databaseUrls(adminUrl, name), name, drop }
}
