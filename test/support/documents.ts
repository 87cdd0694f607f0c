// The documents that people write by hand, for the tests that hold them against the code.
import { readdirSync, readFileSync } from 'node:fs'

export const root = new URL('../../', import.meta.url)

const GENERATED = ['docs/jobs.md', 'docs/warehouse.md']

const markdownIn = (folder: string): string[] =>
  readdirSync(new URL(folder, root))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `${folder}${file}`)

/** Paths from the root of the repository. */
export const DOCUMENTS: readonly string[] = [
  ...markdownIn('./').map((file) => file.slice(2)),
  ...markdownIn('docs/').filter((file) => !GENERATED.includes(file)),
  ...markdownIn('docs/decisions/'),
]

export const readDocument = (name: string): string => readFileSync(new URL(name, root), 'utf8')
