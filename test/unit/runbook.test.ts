// The runbook: whoever is woken by an alert finds what it means and what to do first.
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { alertRules } from '../support/alert-rules.ts'

const runbook = readFileSync(new URL('../../docs/runbook.md', import.meta.url), 'utf8')
const alerts = alertRules().map(({ alert }) => alert)
const [, after = ''] = runbook.split('\n## Alerts\n')
const sections = new Map(
  after
    .split('\n### ')
    .slice(1)
    .map((text) => [text.slice(0, text.indexOf('\n')), text] as const),
)

test('every alert has a section, and every section an alert', () => {
  expect([...sections.keys()].toSorted()).toEqual(alerts.toSorted())
})

test.each(alerts)('%s says what to do first', (alert) => {
  expect(sections.get(alert)).toMatch(/\*\*First:\*\*\s\S/)
})

test('every code that an error of this program carries is in it', () => {
  const src = new URL('../../src/', import.meta.url)
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const codes = files.flatMap((file) =>
    [...readFileSync(new URL(file, src), 'utf8').matchAll(CODE)].map(
      ([, ofError, ofProblem]) => ofError ?? ofProblem ?? '',
    ),
  )
  expect(codes.length).toBeGreaterThan(40)
  expect([...new Set(codes)].filter((code) => !runbook.includes(`\`${code}\``))).toEqual([])
})

/** What follows a failure class, and the code of an HTTP problem; statuses of the simulator's ROs are codes too. */
const CODE =
  /'(?:throttled|transient|credential|data|gone|bug)',\s*'([A-Z_]+)'|\bstatus: \d+,\s*code: '([A-Z_]+)'/g
