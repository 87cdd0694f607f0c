// The warehouse: does its API answer with the service key, has the database this release's migrations, is every table behind
// row-level security, is its clock right?
import { migrationsFolder, repeatableFiles, versionedFiles } from '../../core/warehouse/migration-files.ts'
import type { Warehouse } from '../../core/warehouse/warehouse.ts'
import { clockFinding, fail, looked, ok, type Finding } from './finding.ts'

const CHECK = 'warehouse'
const SHOWN = 3

export type InstallationFacts = Awaited<ReturnType<Warehouse['operations']['installationFacts']>>

export const lookAtWarehouse = (warehouse: Pick<Warehouse, 'operations'>): Promise<readonly Finding[]> =>
  looked(
    CHECK,
    'is the API up and SUPABASE_URL right? With PGRST202 the database lacks migrations: warehouse migrate',
    async () => {
      // The first question pays for the connection; the second is measured.
      await warehouse.operations.installationFacts()
      const askedAt = Date.now()
      const facts = await warehouse.operations.installationFacts()
      const answeredAt = Date.now()
      return [
        ok(CHECK, `Postgres ${facts.serverVersion} answers in ${answeredAt - askedAt} ms`),
        clockFinding('its clock', { askedAt, answeredAt, serverTime: Date.parse(facts.now) }),
        keyFinding(facts),
        securityFinding(facts),
        migrationFinding(facts, [
          ...versionedFiles(migrationsFolder()),
          ...repeatableFiles(migrationsFolder()),
        ]),
      ]
    },
  )

export const keyFinding = ({ role }: InstallationFacts): Finding =>
  role === 'service_role'
    ? ok('service key', 'in use')
    : fail(
        'service key',
        `the database sees the role ${role}`,
        'set SUPABASE_SERVICE_KEY to the service role key',
      )

export const securityFinding = ({ tablesWithoutRls }: InstallationFacts): Finding =>
  tablesWithoutRls.length === 0
    ? ok('row-level security', 'on every table')
    : fail(
        'row-level security',
        `missing on ${tablesWithoutRls.join(', ')}`,
        'switch it on, or run warehouse migrate',
      )

export const migrationFinding = (
  { migrations }: InstallationFacts,
  files: readonly { readonly name: string; readonly checksum: string }[],
): Finding => {
  const stored = new Map(Object.entries(migrations))
  const missing = files.filter(({ name }) => !stored.has(name)).map(({ name }) => name)
  const differing = files.filter(({ name, checksum }) => (stored.get(name) ?? checksum) !== checksum)
  const known = new Set(files.map(({ name }) => name))
  const newer = [...stored.keys()].filter((name) => /^\d/.test(name) && !known.has(name))
  if (missing.length + differing.length > 0)
    return fail(
      'migrations',
      `${missing.length} missing, ${differing.length} different: ${few([...missing, ...differing.map(({ name }) => name)])}`,
      'run warehouse migrate',
    )
  if (newer.length > 0)
    return fail(
      'migrations',
      `the database is ahead of this release: ${few(newer)}`,
      'update this installation; an older release must not write to it',
    )
  return ok('migrations', `all ${files.length} files of this release`)
}

const few = (names: readonly string[]): string =>
  names.length <= SHOWN
    ? names.join(', ')
    : `${names.slice(0, SHOWN).join(', ')} and ${names.length - SHOWN} more`
