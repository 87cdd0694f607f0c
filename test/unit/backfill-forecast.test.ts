// What a backfill says it will cost, as a table; and the range of days it means when little is given.
import { describe, expect, it } from 'vitest'
import { forecastOf, type ForecastInput } from '../../src/core/backfill-forecast.ts'
import { windowOf } from '../../src/cli/window.ts'

const march: ForecastInput = {
  from: '2026-03-01',
  to: '2026-03-31',
  windowDays: 1,
  counted: 459,
  stored: 0,
  perDay: null,
  requestsPerMinute: 150,
}

describe('the forecast', () => {
  it.each<[string, Partial<ForecastInput>, object]>([
    [
      'of a month that TM counted: a page a day and three calls per RO',
      {},
      {
        days: 31,
        windows: 31,
        ros: 459,
        basis: 'counted by TM',
        calls: { listing: 31, reading: 1377, total: 1408 },
        minutes: { alone: 9.4, atFloor: 187.8 },
      },
    ],
    [
      'leaves out what is stored',
      { stored: 400 },
      { toRead: 59, calls: { listing: 31, reading: 177, total: 208 } },
    ],
    [
      'never reads less than nothing',
      { stored: 500 },
      { toRead: 0, calls: { listing: 31, reading: 0, total: 31 } },
    ],
    [
      'counts the pages of large windows',
      { windowDays: 31 },
      { windows: 1, calls: { listing: 5, reading: 1377, total: 1382 } },
    ],
    [
      'estimates from what the shop posts a day when TM does not count',
      { counted: null, perDay: 12.5 },
      { ros: 388, basis: 'estimated from stored days' },
    ],
    ['guesses for a shop of which nothing is known', { counted: null }, { ros: 620, basis: 'guessed' }],
    [
      'of one day without ROs is one call',
      { from: '2026-03-31', counted: 0 },
      { days: 1, windows: 1, toRead: 0, calls: { listing: 1, reading: 0, total: 1 } },
    ],
    [
      'counts days across a change of clocks',
      { from: '2026-03-07', to: '2026-03-09', counted: 3 },
      { days: 3, windows: 3 },
    ],
    [
      'names the budget and the share that is left at its busiest',
      { requestsPerMinute: 600 },
      { budget: { requestsPerMinute: 600, floor: 0.05 }, minutes: { alone: 2.4, atFloor: 47 } },
    ],
  ])('%s', (_, change, expected) => {
    expect(forecastOf({ ...march, ...change })).toMatchObject(expected)
  })
})

describe('the range', () => {
  const today = { timezone: 'America/New_York', today: new Date('2026-03-21T02:00:00Z') }
  it.each([
    ['is small when nothing is said', {}, { from: '2026-03-17', to: '2026-03-20' }],
    ['counts back from the last day', { to: '2026-03-10' }, { from: '2026-03-07', to: '2026-03-10' }],
    ['may be longer', { to: '2026-03-10', daysBack: 9 }, { from: '2026-03-01', to: '2026-03-10' }],
    ['ends today, by the shop clock', { from: '2026-01-01' }, { from: '2026-01-01', to: '2026-03-20' }],
  ])('%s', (_, flags, expected) => {
    expect(windowOf(flags, today)).toEqual(expected)
  })

  it.each([
    ['two ways at once', { from: '2026-03-01', daysBack: 3 }],
    ['an end before the beginning', { from: '2026-03-11', to: '2026-03-10' }],
  ])('refuses %s', (_, flags) => {
    expect(() => windowOf(flags, today)).toThrow(/--from/)
  })
})
