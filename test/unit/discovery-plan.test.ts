// What a discovery is asked to read, as a table: windows in the shop's days, and how far they reach back after a pause.
import { describe, expect, it } from 'vitest'
import { planOf, type DiscoverPayload, type DiscoveryPlan } from '../../src/workers/discovery-plan.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
/** 22:30 on 2026-03-20 in the shop. */
const today = new Date('2026-03-21T02:30:00Z')

const plan = (payload: Partial<DiscoverPayload>, gapMs: number | null = null): DiscoveryPlan =>
  planOf(
    { shop: 4321, source: 'board', lane: 'incremental', trigger: 'schedule', ...payload },
    { shop: { timezone: 'America/New_York' }, today, gapMs },
  )
const window = (payload: Partial<DiscoverPayload>, gapMs: number | null = null) => {
  const { report } = plan(payload, gapMs)
  return report === null ? null : `${report.from} to ${report.to}${report.force ? ', forced' : ''}`
}

describe('the window of a listing', () => {
  it.each<[string, Partial<DiscoverPayload>, number | null, string | null]>([
    [
      'of the report is counted in shop days',
      { source: 'report', daysBack: 7 },
      null,
      '2026-03-13 to 2026-03-20',
    ],
    ['of a sweep is forced', { source: 'sweep', daysBack: 7 }, DAY, '2026-03-13 to 2026-03-20, forced'],
    ['of everything is that of the report', { source: 'all', daysBack: 3 }, null, '2026-03-17 to 2026-03-20'],
    ['of one board that is not POSTED is none', { source: 'all', board: 'ACTIVE' }, null, null],
    ['of the boards is none while they are listed often', {}, 10 * 60_000, null],
    ['of the boards is none the first time', {}, null, null],
    ['of the boards reaches over a pause, and a day further', {}, 2 * HOUR, '2026-03-18 to 2026-03-20'],
    ['of the boards reaches over a long pause', {}, 10 * DAY, '2026-03-09 to 2026-03-20'],
    ['of one board does not', { board: 'ACTIVE' }, 10 * DAY, null],
    [
      'of a sweep grows with an outage',
      { source: 'sweep', daysBack: 7 },
      20 * DAY,
      '2026-02-27 to 2026-03-20, forced',
    ],
    ['never shrinks', { source: 'report', daysBack: 45 }, HOUR, '2026-02-03 to 2026-03-20'],
  ])('%s', (_, payload, gapMs, expected) => {
    expect(window(payload, gapMs)).toBe(expected)
  })
})

it('expects only of complete listings that they show every stored RO', () => {
  expect(plan({ source: 'board' }).expect).toEqual(['open'])
  expect(plan({ source: 'board', board: 'ACTIVE' }).expect).toEqual([])
  expect(plan({ source: 'report' }).expect).toEqual(['posted'])
  expect(plan({ source: 'sweep' }).expect).toEqual(['open', 'posted'])
  expect(plan({ source: 'all', board: 'POSTED' }).expect).toEqual([])
})
