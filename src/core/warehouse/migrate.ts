// Brings a database to the schema of this release. node-pg-migrate applies the versioned files, all or none in one
// transaction; then the repeatable files whose text changed are applied in one transaction. An advisory lock lets two
// processes do it at once: the second finds nothing to do. Needs the owner of the schema, no superuser.
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import { AppError } from '../errors.ts'
import { migrationsFolder, repeatableFiles, versionedFiles, type MigrationFile } from './migration-files.ts'

export interface MigrateOptions {
  /** Direct connection (no transaction pooler) as the role that owns the schema. */
  readonly databaseUrl: string
  readonly log: {
    readonly info: (fields: Record<string, unknown>, message: string) => void
    readonly debug: (fields: Record<string, unknown>, message: string) => void
  }
  /** Another folder of migrations; only tests give one. */
  readonly folder?: string
}

export interface MigrateResult {
  /** Versioned files applied now, in order. */
  readonly versioned: readonly string[]
  /** Functions and views applied now. */
  readonly repeatable: readonly string[]
}

const SCHEMA = 'warehouse_migrations'
/** Any number will do, as long as nothing else in the database takes it. */
const LOCK = 7_236_401_518

const prepareBookkeeping = async (client: pg.Client): Promise<void> => {
  await client.query(`create schema if not exists ${SCHEMA}`)
  await client.query(`create table if not exists ${SCHEMA}.checksums (
    name text primary key, checksum text not null, applied_at timestamptz not null default now())`)
}

const storedChecksums = async (client: pg.Client): Promise<Map<string, string>> => {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `select name, checksum from ${SCHEMA}.checksums`,
  )
  return new Map(rows.map((row) => [row.name, row.checksum]))
}

const storeChecksums = async (client: pg.Client, files: readonly MigrationFile[]): Promise<void> => {
  await client.query(
    `insert into ${SCHEMA}.checksums (name, checksum) select * from unnest($1::text[], $2::text[])
     on conflict (name) do update set checksum = excluded.checksum, applied_at = now()`,
    [files.map((file) => file.name), files.map((file) => file.checksum)],
  )
}

const refuseEditedFiles = (files: readonly MigrationFile[], stored: ReadonlyMap<string, string>): void => {
  const edited = files.filter((file) => (stored.get(file.name) ?? file.checksum) !== file.checksum)
  if (edited.length === 0) return
  const names = edited.map((file) => file.name)
  throw new AppError(
    'bug',
    'MIGRATION_EDITED',
    `migrations already applied to this database were edited since: ${names.join(', ')}; add a new file instead`,
    { details: { names } },
  )
}

const applyVersioned = async (
  client: pg.Client,
  folder: string,
  log: MigrateOptions['log'],
): Promise<string[]> => {
  const quiet = (message: string): void => log.debug({ event: 'migrate.step' }, message)
  const applied = await runner({
    dbClient: client,
    dir: folder,
    ignorePattern: '(?!\\d{3}_[a-z0-9_]+\\.sql$).*',
    direction: 'up',
    migrationsTable: 'versions',
    migrationsSchema: SCHEMA,
    createMigrationsSchema: false,
    singleTransaction: true,
    noLock: true,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  })
  return applied.map((migration) => migration.name)
}

const applyRepeatable = async (client: pg.Client, files: readonly MigrationFile[]): Promise<void> => {
  await client.query('begin')
  try {
    // A function may call one that comes later in the alphabet.
    await client.query('set local check_function_bodies = off')
    for (const file of files) {
      try {
        await client.query(file.text)
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new AppError('bug', 'MIGRATION_FAILED', `${file.name} cannot be applied: ${reason}`, {
          cause: error,
        })
      }
    }
    await storeChecksums(client, files)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

/**
 * Applies what this release has and the database has not. Safe to run again and by two processes at once.
 * @throws AppError `MIGRATION_EDITED` when an applied versioned file was changed, `MIGRATION_FAILED` for a repeatable
 * one; the database's own error for a versioned one. Nothing of the failing step stays.
 */
export const migrate = async ({
  databaseUrl,
  log,
  folder = migrationsFolder(),
}: MigrateOptions): Promise<MigrateResult> => {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'warehouse-migrate' })
  await client.connect()
  try {
    await client.query(`select pg_advisory_lock(${LOCK})`)
    await prepareBookkeeping(client)
    const stored = await storedChecksums(client)
    const files = versionedFiles(folder)
    refuseEditedFiles(files, stored)
    const versioned = await applyVersioned(client, folder, log)
    await storeChecksums(
      client,
      files.filter((file) => stored.get(file.name) !== file.checksum),
    )
    const changed = repeatableFiles(folder).filter((file) => stored.get(file.name) !== file.checksum)
    if (changed.length > 0) await applyRepeatable(client, changed)
    await client.query(`notify pgrst, 'reload schema'`)
    const repeatable = changed.map((file) => file.name)
    log.info(
      { event: 'migrate.done', versioned: versioned.length, repeatable: repeatable.length },
      versioned.length + repeatable.length === 0
        ? 'the schema is up to date'
        : 'the schema was brought up to date',
    )
    return { versioned, repeatable }
  } finally {
    await client.end()
  }
}
