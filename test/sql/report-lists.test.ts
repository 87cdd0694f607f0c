// The lists behind the KPIs: counted ROs, exceptions, estimated costs, restatements, work in progress; paged by key, so
// that nothing is missing and nothing is told twice.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createReportWorld, type Report, type ReportWorld } from './support/report-world.ts'
import { sampleJob, type RepairOrderSpec } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

interface Page {
  readonly repair_orders: Report[]
  readonly next: Report | null
}

const DAY = '2026-03-04'
let world: ReportWorld
let first: RepairOrderSpec
let second: RepairOrderSpec
beforeAll(async () => {
  world = await createReportWorld()
})
beforeEach(async () => {
  ;({ first, second } = await openTwoOrderShop(world, DAY))
})
afterAll(() => world.close())

const posted = (ro: number, date: string, more: Partial<RepairOrderSpec> = {}): RepairOrderSpec => ({
  ro,
  statusId: 5,
  posted: date,
  jobs: [sampleJob(true)],
  ...more,
})

/** Every page of a list, until there is no next. */
const pages = async <P extends { readonly next: Report | null } = Page>(
  name: string,
  args: readonly unknown[],
  limit: number,
): Promise<P[]> => {
  const found: P[] = []
  let after: Report | null = null
  do {
    const page: P = await world.ask<P>(name, [world.shopId, ...args, after, limit])
    found.push(page)
    after = page.next
  } while (after !== null && found.length < 20)
  return found
}

const ros = (found: readonly Page[]): number[][] =>
  found.map((page) => page.repair_orders.map((row) => Number(row['ro_tm_id'])))

describe('report_repair_orders', () => {
  test('shows the counted ROs of a range with their figures and nothing of our keys', async () => {
    await world.count(first, posted(9, '2026-03-05'), { ...posted(8, DAY), statusId: 2, posted: null })
    const [page] = await pages('report_repair_orders', [DAY, DAY], 10)
    expect(page?.repair_orders).toMatchObject([
      {
        ro_tm_id: 1,
        ro_number: 1,
        snapshot_date: DAY,
        snapshot_trigger: 'posted',
        ro_status: 'POSTED',
        customer_name: 'Sample Customer',
        authorized_revenue: 40_000,
        authorized_profit: 21_720,
        estimated_labor_cost: 1780,
      },
    ])
    const names = Object.keys(page?.repair_orders[0] ?? {})
    expect(names.filter((name) => /_id$|^id$|hash|_at$/.test(name) && !name.endsWith('tm_id'))).toEqual([])
  })

  test('pages newest day first, and the pages together are the range, each RO once', async () => {
    for (const [ro, date] of [
      [5, '2026-03-03'],
      [1, DAY],
      [4, DAY],
      [2, DAY],
      [3, '2026-03-05'],
      [6, '2026-03-06'],
    ] as const)
      await world.count(posted(ro, date))
    expect(ros(await pages('report_repair_orders', ['2026-03-03', '2026-03-05'], 2))).toEqual([
      [3, 4],
      [2, 1],
      [5],
    ])
    expect(ros(await pages('report_repair_orders', ['2026-03-03', '2026-03-05'], 5))).toEqual([
      [3, 4, 2, 1, 5],
    ])
    expect(ros(await pages('report_repair_orders', ['2026-04-01', '2026-04-01'], 5))).toEqual([[]])
  })

  test.each([
    [0, null, /^p_limit/],
    [501, null, /^p_limit/],
    [null, null, /^p_limit/],
    [10, {}, /^p_after/],
    [10, [], /^p_after/],
    [10, { date: DAY }, /^p_after/],
    [10, { date: DAY, ro: null }, /^p_after/],
  ])('refuses the page %s after %j by name', async (limit, after, message) => {
    await expect(world.ask('report_repair_orders', [world.shopId, DAY, DAY, after, limit])).rejects.toThrow(
      message,
    )
  })
})

describe('report_exceptions', () => {
  const warranty = posted(11, DAY, { profit: { revenue: 0, cost: 500, profit: -500, percent: null } })
  const loss = posted(12, DAY, { profit: { revenue: 15_000, cost: 16_000, profit: -1000, percent: 60 } })
  const missing = posted(13, '2026-03-05', { profit: null })
  const fine = posted(14, DAY)

  test('names warranty work, losses and variances, and passes over the rest', async () => {
    await world.count(warranty, loss, missing, fine)
    const [page] = await pages<Page & { kinds: Report[] }>('report_exceptions', [DAY, '2026-03-05'], 10)
    expect(
      page?.repair_orders.map((row) => [row['ro_tm_id'], row['kind'], row['authorized_profit']]),
    ).toEqual([
      [13, 'tm_profit_missing', 9000],
      [12, 'negative_profit', -1000],
      [11, 'negative_profit_possible_warranty', -500],
    ])
    expect(page?.kinds).toEqual([
      { name: 'negative_profit', ro_count: 1, authorized_profit: -1000 },
      { name: 'negative_profit_possible_warranty', ro_count: 1, authorized_profit: -500 },
      { name: 'tm_profit_missing', ro_count: 1, authorized_profit: 9000 },
    ])
  })

  test('the sums by kind are those of the whole range on every page', async () => {
    await world.count(warranty, loss, missing, fine)
    const found = await pages<Page & { kinds: Report[] }>('report_exceptions', [DAY, '2026-03-05'], 1)
    expect(ros(found)).toEqual([[13], [12], [11]])
    for (const page of found) expect(page.kinds).toHaveLength(3)
  })
})

describe('report_estimated_costs', () => {
  test('lists what to fix first by money, with the technicians who have no rate', async () => {
    await world.count(first, second, posted(3, DAY))
    expect(await world.ask('report_estimated_costs', [world.shopId, DAY, DAY])).toMatchObject({
      labor_cost: 16_780,
      estimated_labor_cost: 4280,
      unassigned: { hours_billed: 1.5, labor_cost: 3780, estimated_labor_cost: 1780 },
      technicians: [{ technician_tm_id: 2, estimated_labor_cost: 2500, has_rate: false }],
      repair_orders: [
        { ro_tm_id: 2, estimated_labor_cost: 2500 },
        { ro_tm_id: 1, estimated_labor_cost: 1780 },
      ],
      next: null,
    })
  })

  test('says when a rate is known by now', async () => {
    await world.count(second)
    await world.client.query('update public.employees set hourly_rate = 3000 where shop_id = $1', [
      world.shopId,
    ])
    expect(await world.ask('report_estimated_costs', [world.shopId, DAY, DAY])).toMatchObject({
      technicians: [{ technician_tm_id: 2, has_rate: true }],
    })
  })

  test('pages by money, also where two ROs cost the same', async () => {
    const estimated = (ro: number, cost: number) =>
      posted(ro, DAY, {
        jobs: [{ authorized: true, labor: [{ hours: 1, total: 9000, cost, source: 'default' }] }],
      })
    await world.count(
      estimated(1, 500),
      estimated(2, 700),
      estimated(3, 500),
      estimated(4, 900),
      estimated(5, 500),
    )
    expect(ros(await pages('report_estimated_costs', [DAY, DAY], 2))).toEqual([[4, 2], [5, 3], [1]])
  })
})

describe('report_restatements', () => {
  const restate = async (date: string, at: string, roTmIds: number[], metrics: readonly string[]) => {
    for (const metric of metrics)
      await world.client.query(
        `insert into public.metric_restatements (shop_id, metric_date, metric, old_value, new_value, ro_tm_ids, restated_at)
         values ($1, $2, $3, 100, 250, $4, $5)`,
        [world.shopId, date, metric, roTmIds, at],
      )
  }
  interface Restatements {
    readonly restatements: Report[]
    readonly next: Report | null
  }

  test('tells each change of a closed day once, with what moved and why', async () => {
    await world.count(posted(1, DAY))
    await restate(DAY, '2026-03-10T10:00:00Z', [1, 99], ['net_sales', 'authorized_profit'])
    await restate(DAY, '2026-03-09T10:00:00Z', [1], ['net_sales'])
    expect(await world.ask('report_restatements', [world.shopId, '2026-03-10T10:00:00Z'])).toEqual({
      since: '2026-03-10T10:00:00+00:00',
      restatements: [
        {
          date: DAY,
          restated_at: '2026-03-10T10:00:00+00:00',
          changes: [
            { metric: 'authorized_profit', old: 100, new: 250 },
            { metric: 'net_sales', old: 100, new: 250 },
          ],
          repair_orders: [
            { ro_tm_id: 1, ro_number: 1 },
            { ro_tm_id: 99, ro_number: null },
          ],
        },
      ],
      next: null,
    })
  })

  test('a late edit of a real RO shows up as what it moved', async () => {
    await world.count(posted(1, DAY))
    await world.count(posted(1, DAY, { jobs: [sampleJob(true), sampleJob(true)] }))
    const { restatements } = await world.ask<Restatements>('report_restatements', [
      world.shopId,
      '2026-01-01Z',
    ])
    expect(restatements).toHaveLength(1)
    expect(restatements[0]).toMatchObject({ date: DAY, repair_orders: [{ ro_tm_id: 1, ro_number: 1 }] })
    expect(restatements[0]?.['changes']).toContainEqual({
      metric: 'authorized_revenue',
      old: 15_000,
      new: 30_000,
    })
  })

  test('pages newest first without splitting a change', async () => {
    for (const [date, at] of [
      ['2026-03-01', '2026-03-10T10:00:00Z'],
      ['2026-03-02', '2026-03-10T10:00:00Z'],
      ['2026-03-01', '2026-03-11T10:00:00.000001Z'],
      ['2026-03-01', '2026-03-11T10:00:00.000002Z'],
    ] as const)
      await restate(date, at, [1], ['net_sales', 'net_profit'])
    const found = await pages<Restatements>('report_restatements', ['2026-03-01Z'], 3)
    expect(
      found.map((page) =>
        page.restatements.map((row) => [row['date'], String(row['restated_at']).slice(8, 10)]),
      ),
    ).toEqual([
      [
        ['2026-03-01', '11'],
        ['2026-03-01', '11'],
        ['2026-03-02', '10'],
      ],
      [['2026-03-01', '10']],
    ])
    for (const page of found) for (const row of page.restatements) expect(row['changes']).toHaveLength(2)
  })

  test('without a moment it says so', async () => {
    await expect(world.ask('report_restatements', [world.shopId, null])).rejects.toThrow(/^p_since/)
  })
})
