// What the documents point at exists: links, anchors, files named in code, settings, error codes, decision records.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { environmentSchema } from '../../src/core/config.ts'
import { DOCUMENTS, readDocument, root } from '../support/documents.ts'

const GENERATED = ['docs/jobs.md', 'docs/warehouse.md']
const ALL = [...DOCUMENTS, ...GENERATED]

/** GitHub's anchor of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll('`', '')
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

const anchorsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))

const isBroken = (from: string, target: string): boolean => {
  const [path = '', anchor] = target.split('#')
  const file = path === '' ? new URL(from, root) : new URL(path, new URL(from, root))
  if (!existsSync(file)) return true
  return anchor !== undefined && !anchorsOf(readFileSync(file, 'utf8')).includes(anchor)
}

describe('documents', () => {
  it('link only to files and headings that exist', () => {
    const links = ALL.flatMap((name) =>
      [...readDocument(name).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => ({ name, target })),
    ).filter(({ target }) => !/^https?:/.test(target))
    expect(links.length).toBeGreaterThan(30)
    expect(links.filter(({ name, target }) => isBroken(name, target))).toEqual([])
  })

  it('name only files and folders that exist', () => {
    const named = DOCUMENTS.flatMap((name) =>
      [
        ...readDocument(name).matchAll(
          /`((?:src|test|migrations|scripts|deploy|docs|bench|bin)\/[\w./-]+|[\w-]+\.(?:yml|json|example))`/g,
        ),
      ].map(([, path = '']) => ({ name, path })),
    ).filter(({ path }) => !path.endsWith('/X.ts') && !path.includes('/NNN_'))
    expect(named.length).toBeGreaterThan(30)
    expect(named.filter(({ path }) => !existsSync(new URL(path, root)))).toEqual([])
  })

  it('name the readers of TM by files that exist', () => {
    const places = [...readDocument('docs/tekmetric.md').matchAll(/^\|.*\|([^|]+)\|$/gm)]
      .flatMap(([, cell = '']) => [...cell.matchAll(/`([\w./-]+\.(?:ts|sql))`/g)])
      .map(([, path = '']) => (path.includes('/') ? path : `src/core/tekmetric/${path}`))
    expect(places.length).toBeGreaterThan(25)
    expect(places.filter((path) => !existsSync(new URL(path, root)))).toEqual([])
  })

  it('hold no line for a ticket or a later thought', () => {
    const open = ALL.filter((name) => /\b(?:TODO|FIXME|TBD|XXX)\b/.test(readDocument(name)))
    expect(open).toEqual([])
  })
})

describe('README.md', () => {
  const text = readDocument('README.md')

  it('fits on a few screens', () => {
    expect(text.split('\n').length).toBeLessThan(150)
  })

  it('names every setting that the program knows, or leaves it to .env.example', () => {
    const example = readDocument('.env.example')
    const known = Object.keys(environmentSchema.shape)
    const named = [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)/g)].map(([, name = '']) => name)
    expect(known.filter((name) => !example.includes(name))).toEqual([])
    expect(named.length).toBeGreaterThan(10)
    expect(named.filter((name) => !known.includes(name) && name !== 'POSTGREST_BIN')).toEqual([])
  })
})

describe('AGENTS.md', () => {
  it('is short enough to be read', () => {
    expect(readDocument('AGENTS.md').split('\n').length).toBeLessThanOrEqual(100)
  })
})

describe('docs/runbook.md', () => {
  it('tells the meaning and first action of every error code', () => {
    const codes = ['errors.ts', 'warehouse/migrate.ts', '../cli/wait.ts']
      .map((file) => readFileSync(new URL(`src/core/${file}`, root), 'utf8'))
      .flatMap((source) => [...source.matchAll(/'([A-Z]+(?:_[A-Z]+)*)',/g)].map(([, code = '']) => code))
      .filter((code) => code.includes('_') || code === 'USAGE')
    const runbook = readDocument('docs/runbook.md')
    expect(codes).toContain('DATABASE_REJECTED')
    expect(new Set(codes).size).toBeGreaterThan(10)
    expect(
      codes.filter((code) => !new RegExp(`^\\| \`${code}\` +\\| .+ \\| .+ \\|$`, 'm').test(runbook)),
    ).toEqual([])
  })
})

describe('docs/decisions', () => {
  const records = readdirSync(new URL('docs/decisions/', root)).toSorted()

  it('are numbered without gaps or doubles', () => {
    expect(records.map((file) => Number(file.slice(0, 4)))).toEqual(records.map((_, index) => index + 1))
    for (const file of records) expect(file).toMatch(/^\d{4}-[a-z0-9-]+\.md$/)
  })

  it('say status, context, decision, what was given up and how an error would show', () => {
    for (const file of records) {
      const text = readDocument(`docs/decisions/${file}`)
      expect(text.startsWith(`# ${file.slice(0, 4)} `), file).toBe(true)
      expect(text, file).toMatch(/\nStatus: (?:accepted|superseded)/)
      expect(
        [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading),
        file,
      ).toEqual(['Context', 'Decision', 'What we gave up', 'How we would notice that it was wrong'])
      expect(text.split('\n').length, file).toBeLessThan(60)
    }
  })
})
