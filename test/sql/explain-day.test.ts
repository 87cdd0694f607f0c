// A day taken apart: what is printed adds up to the row, by hand from the lines; what does not add up is named; where
// each RO came from, and what was superseded, when and why.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createReportWorld, type Report, type ReportWorld } from './support/report-world.ts'
import { sampleJob, type RepairOrderSpec } from './support/ro-writer.ts'
import { openTwoOrderShop } from './support/two-orders.ts'

interface Line {
  readonly total?: number
  readonly cost_total?: number
  readonly hours?: number
  readonly labor_cost?: number
  readonly rate_source?: string
  readonly retail?: number
  readonly cost?: number
}
interface Job {
  readonly authorized: boolean | null
  readonly parts: Line[]
  readonly labor: Line[]
  readonly sublets: Line[]
  readonly fees: Line[]
  readonly discount: number | null
}
interface ExplainedRo extends Report {
  readonly lines: {
    readonly jobs: Job[]
    readonly sublets: Line[]
    readonly fees: Line[]
    readonly tm_profit: Report
  }
  readonly source: Report
  readonly differences: Report[]
}
interface Explained {
  readonly day: Report | null
  readonly repair_orders: ExplainedRo[]
  readonly superseded: Report[]
  readonly is_dirty: boolean
  readonly printed: Report
  readonly differences: Report[] | null
  readonly asked: Report | null
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

const explain = (date = DAY, ro: number | null = null): Promise<Explained> =>
  world.ask('explain_day', [world.shopId, date, ro])
const sum = (lines: readonly Line[], name: keyof Line): number =>
  lines.reduce((total, line) => total + Number(line[name] ?? 0), 0)

describe('what is printed', () => {
  test('adds up to the day’s row, line by line', async () => {
    await world.count(first, second, { ...first, ro: 3, posted: '2026-03-05' })
    const { day, repair_orders, printed, differences } = await explain()
    expect(differences).toEqual([])
    const jobs = repair_orders.flatMap((ro) => ro.lines.jobs).filter((job) => job.authorized === true)
    const labor = jobs.flatMap((job) => job.labor)
    const byHand = {
      ro_count: repair_orders.length,
      parts_revenue: sum(
        jobs.flatMap((job) => job.parts),
        'total',
      ),
      parts_cost: sum(
        jobs.flatMap((job) => job.parts),
        'cost_total',
      ),
      labor_revenue: sum(labor, 'total'),
      labor_hours: sum(labor, 'hours'),
      labor_cost: sum(labor, 'labor_cost'),
      estimated_labor_cost: sum(
        labor.filter((line) => line.rate_source !== 'assigned'),
        'labor_cost',
      ),
      sublet_revenue: sum(
        jobs.flatMap((job) => job.sublets),
        'retail',
      ),
      sublet_cost: sum(
        jobs.flatMap((job) => job.sublets),
        'cost',
      ),
      fees_total: sum(
        repair_orders.flatMap((ro) => ro.lines.fees),
        'total',
      ),
      discount_total: jobs.reduce((total, job) => total + (job.discount ?? 0), 0),
      authorized_revenue: repair_orders.reduce(
        (total, ro) => total + Number(ro.lines.tm_profit['revenue']),
        0,
      ),
      authorized_profit: repair_orders.reduce((total, ro) => total + Number(ro.lines.tm_profit['profit']), 0),
    }
    expect(byHand).toMatchObject({ ro_count: 2, authorized_revenue: 73_001, labor_cost: 14_780 })
    expect(day).toMatchObject(byHand)
    expect(printed).toMatchObject(byHand)
  })

  test('compares every sum of the day', async () => {
    await world.count(first)
    const { day, printed } = await explain()
    const ratios = /percent$|^avg_|per_labor_hour$|authorization_rate/
    const counts = ['ro_posted_count', 'ro_completed_count', 'source_snapshot_count']
    const sums = Object.keys(day ?? {}).filter((name) => !ratios.test(name) && !counts.includes(name))
    expect(Object.keys(printed).toSorted()).toEqual(sums.toSorted())
  })

  test('a line changed behind the metrics’ back is named with the RO and the amount', async () => {
    await world.count(first, second)
    await world.client.query(
      `update public.job_parts set total = total + 1
        where repair_order_id = (select id from public.repair_orders where shop_id = $1 and tm_id = 1)
          and total = 20000`,
      [world.shopId],
    )
    const { repair_orders, differences } = await explain()
    expect(differences).toContainEqual({ metric: 'parts_revenue', left: 20_000, right: 20_001 })
    expect(repair_orders.map((ro) => [ro['ro_tm_id'], ro.differences.map(({ metric }) => metric)])).toEqual([
      [1, ['net_profit', 'net_sales', 'parts_revenue', 'potential_revenue']],
      [2, []],
    ])
  })

  test('a row changed by hand is named too', async () => {
    await world.count(first)
    await world.client.query(
      'update public.daily_shop_metrics set ro_count = 2, net_sales = 0 where shop_id = $1',
      [world.shopId],
    )
    expect((await explain()).differences).toEqual([
      { metric: 'net_sales', left: 0, right: 40_500 },
      { metric: 'ro_count', left: 2, right: 1 },
    ])
  })

  test('a day whose rebuild is still to come says so', async () => {
    await world.count(first)
    await world.put(second)
    await world.refresh(2)
    const { differences, is_dirty } = await explain()
    expect(is_dirty).toBe(true)
    expect(differences).toContainEqual({ metric: 'ro_count', left: 1, right: 2 })
  })

  test('an empty day is explained as nothing, without differences', async () => {
    expect(await explain()).toMatchObject({
      day: null,
      repair_orders: [],
      superseded: [],
      differences: [],
      is_dirty: false,
    })
  })
})

describe('where it came from', () => {
  const store = async (hash: string | null): Promise<string> => {
    const { rows } = await world.client.query<{ id: string }>(
      `insert into public.sync_log (shop_id, kind, trigger, status) values ($1, 'repair-orders', 'schedule', 'finished')
       returning id`,
      [world.shopId],
    )
    const run = rows[0]?.id ?? ''
    await world.client.query(
      "update public.repair_orders set last_run_id = $2, content_hash = 'stored' where shop_id = $1",
      [world.shopId, run],
    )
    await world.client.query(
      `insert into public.tm_raw_payloads (shop_id, entity_type, entity_tm_id, payload, content_hash)
       values ($1, 'repair-order', 1, '{}', $2)`,
      [world.shopId, hash],
    )
    return run
  }

  test('an RO names its run and the very answers it was made of', async () => {
    await world.count(first)
    const run = await store('stored')
    const [ro] = (await explain()).repair_orders
    expect(ro?.source).toMatchObject({
      run_id: run,
      run: { kind: 'repair-orders', trigger: 'schedule', status: 'finished' },
      payload: { id: expect.any(String) as string },
    })
  })

  test('answers of another read are not passed off as its source', async () => {
    await world.count(first)
    await store('refused')
    expect((await explain()).repair_orders[0]?.source['payload']).toBeNull()
  })

  test('a run that was purged is still named, without details', async () => {
    await world.count(first)
    const run = await store('stored')
    await world.client.query('delete from public.sync_log where id = $1', [run])
    expect((await explain()).repair_orders[0]?.source).toMatchObject({ run_id: run, run: null })
  })
})

describe('what was superseded', () => {
  const stands = async (spec: RepairOrderSpec) => {
    await world.count(spec)
    return (await explain()).superseded
  }

  test('an RO posted elsewhere, un-posted or deleted leaves its cause', async () => {
    const ro: RepairOrderSpec = { ro: 7, statusId: 5, posted: DAY, jobs: [sampleJob(true)] }
    await world.count(ro)
    expect(await stands({ ...ro, posted: '2026-03-09' })).toMatchObject([
      {
        ro_tm_id: 7,
        trigger: 'posted',
        authorized_revenue: 15_000,
        superseded_at: expect.any(String) as string,
        cause: 'counts_elsewhere',
        counts_on: '2026-03-09',
        counts_as: 'posted',
      },
    ])
    expect(await stands({ ...ro, statusId: 2, posted: null })).toMatchObject([
      { cause: 'status_does_not_count', status_now: 'WORKINPROGRESS', counts_on: null },
    ])
    expect(await stands({ ...ro, statusId: 7, posted: null, deleted: true })).toMatchObject([
      { cause: 'deleted' },
    ])
  })

  test('a completed RO that is posted the same day leaves its completion behind', async () => {
    await world.count({ ro: 7, statusId: 3, completed: DAY, jobs: [sampleJob(true)] })
    expect(
      await stands({ ro: 7, statusId: 5, posted: DAY, completed: DAY, jobs: [sampleJob(true)] }),
    ).toMatchObject([
      { trigger: 'completed', cause: 'counts_elsewhere', counts_on: DAY, counts_as: 'posted' },
    ])
  })
})

describe('one RO of a day', () => {
  test('is shown alone and compared with its own snapshot', async () => {
    await world.count(first, second)
    const { repair_orders, differences, printed, asked } = await explain(DAY, 2)
    expect(repair_orders).toMatchObject([{ ro_tm_id: 2, differences: [] }])
    expect(differences).toBeNull()
    expect(printed).toMatchObject({ ro_count: 1, authorized_revenue: 33_001 })
    expect(asked).toMatchObject({ ro_tm_id: 2, counts_on: DAY, counts_as: 'completed' })
  })

  test('that does not count there says where it does, or that nobody knows it', async () => {
    await world.count({ ...first, posted: '2026-03-05' })
    expect(await explain(DAY, 1)).toMatchObject({ repair_orders: [], asked: { counts_on: '2026-03-05' } })
    expect(await explain(DAY, 404)).toMatchObject({ repair_orders: [], asked: null })
  })
})
