// The files under migrations/: versioned ones (NNN_what.sql, applied once, in order) and repeatable ones (functions/,
// views/: applied again whenever their text changes). A file's checksum is the SHA-256 of its text.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface MigrationFile {
  /** `001_shops`, `functions/apply_repair_order`, `views/customers_analytics`. */
  readonly name: string
  readonly path: string
  readonly text: string
  readonly checksum: string
}

/** The folder migrations/ of this package, from the sources as well as from dist/. */
export const migrationsFolder = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (;;) {
    const candidate = join(folder, 'migrations')
    if (existsSync(join(candidate, '001_shops.sql'))) return candidate
    const parent = dirname(folder)
    if (parent === folder) throw new Error('the folder migrations/ of this package is missing')
    folder = parent
  }
}

const read = (folder: string, prefix: string, file: string): MigrationFile => {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  const checksum = createHash('sha256').update(text).digest('hex')
  return { name: prefix + file.replace(/\.sql$/, ''), path, text, checksum }
}

const sqlFiles = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith('.sql'))
        .toSorted()
    : []

/** Applied once each, in this order; never edited after a release. */
export const versionedFiles = (folder: string): MigrationFile[] =>
  sqlFiles(folder)
    .filter((file) => /^\d{3}_[a-z0-9_]+\.sql$/.test(file))
    .map((file) => read(folder, '', file))

/** Functions, then views; each is one `create or replace` with its comment and rights. */
export const repeatableFiles = (folder: string): MigrationFile[] =>
  ['functions', 'views'].flatMap((kind) =>
    sqlFiles(join(folder, kind)).map((file) => read(join(folder, kind), `${kind}/`, file)),
  )
