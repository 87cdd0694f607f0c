// The committed files that a program writes, their text as it should be, and the command that writes them.
// Two of them come from a database, so rendering all takes a private Postgres and some seconds.
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { JOB_DOCS_FILE, renderJobDocs } from './generate-job-docs.ts'
import { renderWarehouseDocs, WAREHOUSE_DOCS_FILE } from './generate-warehouse-docs.ts'
import { withMigratedDatabase } from './migrated-database.ts'
import { renderSchemaSnapshot, SNAPSHOT_FILE } from './schema-snapshot.ts'

export interface GeneratedFile {
  readonly file: URL
  /** What the file should hold. */
  readonly text: string
  /** What a person types to write it. */
  readonly command: string
}

/** Renders every generated file from the sources and from a freshly migrated database; writes nothing. */
export const renderGeneratedFiles = (): Promise<readonly GeneratedFile[]> =>
  withMigratedDatabase(async (client) => [
    { file: JOB_DOCS_FILE, text: renderJobDocs(), command: 'npm run docs:generate' },
    {
      file: WAREHOUSE_DOCS_FILE,
      text: await renderWarehouseDocs(client),
      command: 'npm run docs:generate',
    },
    { file: SNAPSHOT_FILE, text: await renderSchemaSnapshot(client), command: 'npm run db:snapshot' },
  ])

const root = fileURLToPath(new URL('../', import.meta.url))

/** The path of a generated file as a person in the repository names it. */
export const nameOf = ({ file }: GeneratedFile): string => fileURLToPath(file).replace(root, '')

const firstDifference = (wanted: string, found: string): string => {
  const [lines, others] = [wanted.split('\n'), found.split('\n')]
  const at = lines.findIndex((line, index) => line !== others[index])
  const line = at === -1 ? lines.length : at
  return `line ${line + 1}: should be "${lines[line] ?? '(end)'}", is "${others[line] ?? '(end)'}"`
}

/** One sentence for each file that differs from what it should hold, naming the file and the command. */
export const complaintsAbout = (files: readonly GeneratedFile[]): string[] =>
  files.flatMap((generated) => {
    const found = existsSync(generated.file) ? readFileSync(generated.file, 'utf8') : null
    if (found === generated.text) return []
    const what = found === null ? 'is missing' : `is out of date (${firstDifference(generated.text, found)})`
    return [`${nameOf(generated)} ${what}; run: ${generated.command}`]
  })
