// --since: how long ago, or an instant that says its offset.
import { expect, it } from 'vitest'
import { momentOf } from '../../src/cli/since.ts'

const NOW = Date.parse('2026-03-20T12:00:00Z')

it.each([
  ['30m', '2026-03-20T11:30:00.000Z'],
  ['12h', '2026-03-20T00:00:00.000Z'],
  ['3d', '2026-03-17T12:00:00.000Z'],
  ['2026-03-04T12:00:00Z', '2026-03-04T12:00:00.000Z'],
  ['2026-03-04T12:00:00-05:00', '2026-03-04T17:00:00.000Z'],
])('%s', (given, expected) => {
  expect(momentOf(given, NOW).toISOString()).toBe(expected)
})

it.each(['', 'yesterday', '2026-03-04', '2026-03-04T12:00:00', '3w', '-3d', '2026-13-04T12:00:00Z'])(
  '%j is refused with an example',
  (given) => {
    expect(() => momentOf(given, NOW)).toThrow(/3d, or an instant like/)
  },
)
