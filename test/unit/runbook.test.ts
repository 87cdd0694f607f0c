// The runbook: whoever is woken by an alert finds what it means and what to do first.
import { readFileSync } from 'node:fs'
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
