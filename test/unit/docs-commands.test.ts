// Commands shown in the documents exist: every `warehouse …` with its flags, and every npm script.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Command } from 'commander'
import { beforeAll, describe, expect, it } from 'vitest'
import { DOCUMENTS, readDocument, root } from '../support/documents.ts'

const run = promisify(execFile)

interface Shown {
  readonly at: string
  /** `sync repair-orders`. */
  readonly path: string
  readonly flags: readonly string[]
}

/** What follows `warehouse` (or its npm form) in code: words up to the first flag or value, and the flags. */
const shownIn = (name: string): Shown[] => {
  const code = [...readDocument(name).matchAll(/`([^`\n]+)`|```\w*\n([\s\S]*?)```/g)]
    .map(([, inline, block]) => inline ?? block ?? '')
    .join('\n')
  return [...code.matchAll(/^(?:warehouse|npm run cli --|.*run --rm worker) (?!<)([^#|\n]+)/gm)].map(
    ([, rest = '']) => {
      const words = rest.trim().split(/\s+/)
      const end = words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word))
      return {
        at: `${name}: ${rest.trim()}`,
        path: words.slice(0, end === -1 ? words.length : end).join(' '),
        flags: words.filter((word) => word.startsWith('--')),
      }
    },
  )
}

const shown = DOCUMENTS.flatMap(shownIn)

/** The command line as it is built, without running it: each file of src/cli/commands adds its commands. */
const commandLine = async (): Promise<Command> => {
  const line = new Command('warehouse')
  for (const file of readdirSync(new URL('src/cli/commands/', root))) {
    const added = (await import(new URL(`src/cli/commands/${file}`, root).href)) as Record<string, unknown>
    for (const [name, add] of Object.entries(added))
      if (name.startsWith('add') && typeof add === 'function') add(line)
  }
  return line
}

const find = (line: Command, path: string): Command | undefined =>
  path
    .split(' ')
    .reduce<Command | undefined>((at, word) => at?.commands.find((command) => command.name() === word), line)

let line: Command
beforeAll(async () => {
  line = await commandLine()
}, 60_000)

describe('commands in the documents', () => {
  it('are found by this test at all', () => {
    expect(new Set(shown.map(({ path }) => path)).size).toBeGreaterThan(10)
  })

  it('exist', () => {
    expect(shown.filter(({ path }) => !find(line, path)).map(({ at }) => at)).toEqual([])
  })

  it('stand in the help of the program', async () => {
    const { stdout } = await run(
      process.execPath,
      [fileURLToPath(new URL('bin/warehouse.mjs', root)), '--help'],
      {
        env: { PATH: process.env['PATH'], NO_COLOR: '1' },
      },
    )
    const listed = [...stdout.matchAll(/^ {2}([a-z-]+)(?: \[| <|\s{2})/gm)].map(([, name]) => name)
    const missing = shown.filter(({ path }) => !listed.includes(path.split(' ')[0]))
    expect(missing.map(({ at }) => at)).toEqual([])
  }, 60_000)

  it('know the flags they are shown with', () => {
    const unknown = shown.flatMap(({ at, path, flags }) => {
      const known = find(line, path)?.options.map(({ long }) => long) ?? []
      return flags
        .filter((flag) => flag !== '--json' && !known.includes(flag))
        .map((flag) => `${at}: ${flag}`)
    })
    expect(unknown).toEqual([])
  })

  it('are npm scripts of this package when they say npm run', () => {
    const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
      scripts: Record<string, string>
    }
    const named = DOCUMENTS.flatMap((name) =>
      [...readDocument(name).matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, script = '']) => script),
    )
    expect(named.length).toBeGreaterThan(5)
    expect(named.filter((script) => !(script in manifest.scripts))).toEqual([])
  })
})
