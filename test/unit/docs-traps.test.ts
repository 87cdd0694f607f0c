// docs/traps.md names every trap of the contract, each with tests that exist under that very title, or a sentence.
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { readDocument, root } from '../support/documents.ts'

/** How many items each list of tekmetric-api.md §10 has, and the questions of §11. */
const ITEMS: readonly (readonly [string, number])[] = [
  ['10.1', 13],
  ['10.2', 13],
  ['10.3', 16],
  ['10.4', 12],
  ['10.5', 6],
  ['10.6', 12],
  ['10.7', 8],
  ['11', 22],
]

interface Trap {
  readonly number: string
  readonly held: string
  readonly tests: readonly { readonly file: string; readonly title: string }[]
}

const traps: readonly Trap[] = readDocument('docs/traps.md')
  .split('\n')
  .flatMap((line) => {
    const [, number = '', , held = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim())
    if (!/^(10\.\d\.\d+|U\d+)$/.test(number)) return []
    const named = [...held.matchAll(/`([^`]+)` “([^”]+)”/g)]
    return [{ number, held, tests: named.map(([, file = '', title = '']) => ({ file, title })) }]
  })

/** The titles a file has: the text of a test file, the promise of a fixture. */
const titlesOf = (file: string): string => {
  const text = readFileSync(new URL(file, root), 'utf8')
  return file.endsWith('.json') ? (JSON.parse(text) as { promise: string }).promise : text
}

const isThere = ({ file, title }: Trap['tests'][number]): boolean =>
  existsSync(new URL(file, root)) && titlesOf(file).includes(title)

describe('the table of traps', () => {
  it('has every item of the contract, once', () => {
    const expected = ITEMS.flatMap(([list, count]) =>
      Array.from({ length: count }, (_, i) => (list === '11' ? `U${i + 1}` : `${list}.${i + 1}`)),
    )
    expect(traps.map(({ number }) => number)).toEqual(expected)
  })

  it('names at least one test for each', () => {
    expect(traps.filter(({ tests }) => tests.length === 0).map(({ number }) => number)).toEqual([])
  })

  it('names only tests that exist under that title', () => {
    const missing = traps.flatMap(({ number, tests }) =>
      tests.filter((test) => !isThere(test)).map(({ file, title }) => `${number}: ${file}: ${title}`),
    )
    expect(missing).toEqual([])
  })

  it('would notice a file or a title that is not there', () => {
    expect(isThere({ file: 'test/unit/docs-traps.test.ts', title: 'would notice a file' })).toBe(true)
    expect(isThere({ file: 'test/unit/docs-traps.test.ts', title: ['no', 'such', 'title'].join(' ') })).toBe(
      false,
    )
    expect(isThere({ file: 'test/unit/no-such.test.ts', title: '' })).toBe(false)
  })
})
