// Periods in the shop's calendar, what stands beside them, and ranges that make no sense.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createReportWorld, type Report, type ReportWorld } from './support/report-world.ts'

let world: ReportWorld
beforeAll(async () => {
  world = await createReportWorld()
})
beforeEach(async () => {
  await world.startShop('America/New_York')
})
afterAll(() => world.close())

const period = (preset: string | null, at: string): Promise<Report> =>
  world.ask('report_period', [world.shopId, preset, at])

describe('a preset', () => {
  test.each([
    ['today', '2026-03-04', '2026-03-04'],
    ['week_to_date', '2026-03-02', '2026-03-04'],
    ['last_7_days', '2026-02-26', '2026-03-04'],
    ['month_to_date', '2026-03-01', '2026-03-04'],
    ['last_30_days', '2026-02-03', '2026-03-04'],
  ])('%s on a Wednesday is %s to %s', async (preset, from, to) => {
    expect(await period(preset, '2026-03-04T12:00:00Z')).toEqual({
      preset,
      from,
      to,
      today: '2026-03-04',
      timezone: 'America/New_York',
    })
  })

  test.each([
    ['the last second before midnight', '2026-03-05T04:59:59Z', '2026-03-04'],
    ['midnight', '2026-03-05T05:00:00Z', '2026-03-05'],
    ['the last second of the day of 23 hours', '2026-03-09T03:59:59Z', '2026-03-08'],
    ['midnight after the day of 23 hours', '2026-03-09T04:00:00Z', '2026-03-09'],
    ['the second 01:30 of the day of 25 hours', '2026-11-01T06:30:00Z', '2026-11-01'],
    ['the last second of the day of 25 hours', '2026-11-02T04:59:59Z', '2026-11-01'],
    ['midnight after the day of 25 hours', '2026-11-02T05:00:00Z', '2026-11-02'],
  ])('today at %s is the shop’s own day', async (_moment, at, today) => {
    expect(await period('today', at)).toMatchObject({ from: today, to: today, today })
  })

  test('the same moment is another day in a shop of another time zone', async () => {
    await world.startShop('Europe/Berlin')
    expect(await period('today', '2026-03-04T23:30:00Z')).toMatchObject({ today: '2026-03-05' })
  })

  test.each([
    ['Monday', '2026-03-02T12:00:00Z', '2026-03-02'],
    ['Sunday', '2026-03-08T12:00:00Z', '2026-03-02'],
  ])('week to date on a %s begins on its Monday', async (_day, at, from) => {
    expect(await period('week_to_date', at)).toMatchObject({ from })
  })

  test.each([
    ['first', '2026-03-01T12:00:00Z', '2026-03-01', '2026-03-01'],
    ['last', '2026-01-31T12:00:00Z', '2026-01-01', '2026-01-31'],
  ])('month to date on the %s of a month stays in it', async (_day, at, from, to) => {
    expect(await period('month_to_date', at)).toMatchObject({ from, to })
  })

  test('without a moment, today is today', async () => {
    const [row] = (
      await world.client.query<{ today: string }>(
        "select (now() at time zone 'America/New_York')::date as today",
      )
    ).rows
    expect(await world.ask('report_period', [world.shopId, 'today'])).toMatchObject({ today: row?.today })
  })

  test.each(['yesterday', '', null])(
    'an unknown name is an error and not another period: %s',
    async (preset) => {
      await expect(period(preset, '2026-03-04T12:00:00Z')).rejects.toMatchObject({
        code: '22023',
        message: expect.stringContaining('p_preset') as string,
      })
    },
  )

  test('custom has no days of its own', async () => {
    await expect(period('custom', '2026-03-04T12:00:00Z')).rejects.toMatchObject({ code: '22023' })
  })
})

describe('the period before', () => {
  const before = async (from: string, to: string, preset: string | null): Promise<unknown[]> => {
    const { previous } = await world.ask<{ previous: Report }>('report_summary', [
      world.shopId,
      from,
      to,
      preset,
    ])
    return [previous['from'], previous['to']]
  }

  test.each([
    ['today: the same weekday a week ago', 'today', '2026-03-04', '2026-03-04', '2026-02-25', '2026-02-25'],
    [
      'week to date: the same weekdays',
      'week_to_date',
      '2026-03-02',
      '2026-03-04',
      '2026-02-23',
      '2026-02-25',
    ],
    ['last 7 days: the 7 before', 'last_7_days', '2026-02-26', '2026-03-04', '2026-02-19', '2026-02-25'],
    ['last 30 days: the 30 before', 'last_30_days', '2026-02-03', '2026-03-04', '2026-01-04', '2026-02-02'],
    ['month to date: the same days', 'month_to_date', '2026-03-01', '2026-03-17', '2026-02-01', '2026-02-17'],
    [
      'month to date on the 1st: the 1st',
      'month_to_date',
      '2026-03-01',
      '2026-03-01',
      '2026-02-01',
      '2026-02-01',
    ],
    [
      'month to date past the end of the other',
      'month_to_date',
      '2026-03-01',
      '2026-03-30',
      '2026-02-01',
      '2026-02-28',
    ],
    ['a whole month: the whole month before', null, '2026-03-01', '2026-03-31', '2026-02-01', '2026-02-28'],
    [
      'a whole short month: the long one before',
      null,
      '2026-02-01',
      '2026-02-28',
      '2026-01-01',
      '2026-01-31',
    ],
    ['a quarter: the quarter before', null, '2026-01-01', '2026-03-31', '2025-10-01', '2025-12-31'],
    ['a leap year: the year before', null, '2024-01-01', '2024-12-31', '2023-01-01', '2023-12-31'],
    ['the first half of a month, unnamed', null, '2026-03-01', '2026-03-15', '2026-02-01', '2026-02-15'],
    [
      'days that only begin on a Monday and a 1st',
      null,
      '2026-06-01',
      '2026-06-03',
      '2026-05-25',
      '2026-05-27',
    ],
    ['the same as month to date', 'month_to_date', '2026-06-01', '2026-06-03', '2026-05-01', '2026-05-03'],
    ['the same as week to date', 'week_to_date', '2026-06-01', '2026-06-03', '2026-05-25', '2026-05-27'],
    ['Wednesday to Friday: the same weekdays', null, '2026-03-04', '2026-03-06', '2026-02-25', '2026-02-27'],
    ['any 10 days: the 10 before', 'custom', '2026-03-05', '2026-03-14', '2026-02-23', '2026-03-04'],
    ['across a month: the days before', null, '2026-03-01', '2026-04-10', '2026-01-19', '2026-02-28'],
  ])('%s', async (_what, preset, from, to, previousFrom, previousTo) => {
    expect(await before(from, to, preset)).toEqual([previousFrom, previousTo])
  })
})

describe('a range that makes no sense names its parameter', () => {
  const functions = [
    'report_summary',
    'report_daily',
    'report_technicians',
    'report_advisors',
    'report_repair_orders',
    'report_exceptions',
    'report_estimated_costs',
  ]
  test.each(functions)('%s refuses an end before its start', async (name) => {
    await expect(world.ask(name, [world.shopId, '2026-03-05', '2026-03-04'])).rejects.toMatchObject({
      code: '22023',
      message: 'p_to 2026-03-04 is before p_from 2026-03-05',
    })
  })

  test.each(functions)('%s refuses a missing or endless day', async (name) => {
    await expect(world.ask(name, [world.shopId, null, '2026-03-04'])).rejects.toThrow(/^p_from/)
    await expect(world.ask(name, [world.shopId, '2026-03-04', null])).rejects.toThrow(/^p_to/)
    await expect(world.ask(name, [world.shopId, '-infinity', '2026-03-04'])).rejects.toThrow(/^p_from/)
    await expect(world.ask(name, [world.shopId, '2026-03-04', 'infinity'])).rejects.toThrow(/^p_to/)
  })

  test('report_summary refuses a preset it does not know', async () => {
    await expect(
      world.ask('report_summary', [world.shopId, '2026-03-04', '2026-03-04', 'fortnight']),
    ).rejects.toMatchObject({ code: '22023', message: 'p_preset "fortnight" is not a period' })
  })
})
