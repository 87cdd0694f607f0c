// The last line of `npm test`, and when packages count as installed.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { countTests } from '../../scripts/bootstrap/count-tests.mjs'
import { isInstalled } from '../../scripts/bootstrap/installed.mjs'

const results = (change: object): string =>
  JSON.stringify({
    numPassedTests: 3,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [],
    ...change,
  })

describe('the last line of npm test', () => {
  test('counts what passed and failed', () => {
    expect(countTests(results({ numFailedTests: 2 }), 1)).toEqual({ line: '3 passed, 2 failed', failed: 2 })
  })

  test('names skipped tests only when there are any', () => {
    expect(countTests(results({ numPendingTests: 1, numTodoTests: 1 }), 0).line).toBe(
      '3 passed, 0 failed, 2 skipped',
    )
    expect(countTests(results({}), 0).line).toBe('3 passed, 0 failed')
  })

  test('counts a file that cannot be loaded as one failure', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }]
    expect(countTests(results({ testResults }), 1).line).toBe('3 passed, 1 failed')
  })

  test('never says that nothing failed when vitest failed', () => {
    expect(countTests(results({}), 1).line).toBe('3 passed, 1 failed')
    expect(countTests('', 1).line).toBe('0 passed, 1 failed')
  })
})

describe('packages count as installed', () => {
  let root: string
  const lock = {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b-darwin': { version: '1.0.0', optional: true },
  }
  const write = (file: string, packages: object): void =>
    writeFileSync(join(root, file), JSON.stringify({ packages }))
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'bootstrap '))
    mkdirSync(join(root, 'node_modules'))
    write('package-lock.json', lock)
  })
  afterEach(() => rmSync(root, { recursive: true }))

  test('when each version is that of the lockfile; packages of other platforms may be missing', () => {
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } })
    expect(isInstalled(root)).toBe(true)
  })

  test('not when a version differs or a package is missing', () => {
    write('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } })
    expect(isInstalled(root)).toBe(false)
    write('node_modules/.package-lock.json', {})
    expect(isInstalled(root)).toBe(false)
  })

  test('not when an install was killed before npm wrote its list', () => {
    expect(isInstalled(root)).toBe(false)
  })
})
