// The reports as the program calls them, through a real API: parsed answers, pages, errors by class; and a day taken
// apart as a person reads it.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { printExplanation } from '../../src/cli/explanation-text.ts'
import { createWarehouse, type Warehouse } from '../../src/core/warehouse/warehouse.ts'
import { apiBackends, startTestApi, type TestApi } from '../support/api.ts'
import { createWarehouseWorld, type WarehouseWorld } from './support/warehouse-world.ts'
import { workedExample } from './support/worked-example.ts'

const DAY = '2026-03-04'
const RO = workedExample.repair_order.tm_id

describe.each(apiBackends)('through %s', (backend) => {
  let world: WarehouseWorld
  let api: TestApi
  let warehouse: Warehouse
  let shopId: string
  beforeAll(async () => {
    world = await createWarehouseWorld()
    shopId = world.shopId
    api = await startTestApi(world.database, { backend })
    warehouse = createWarehouse({ url: api.url, serviceKey: api.serviceKey })
    await world.apply(workedExample)
    await world.call('refresh_ro_snapshot', [shopId, RO, false])
    await world.call('refresh_daily_metrics', [shopId, DAY])
    await world.query(
      "insert into public.metric_restatements (shop_id, metric_date, metric, new_value, ro_tm_ids) values ($1, $2, 'net_sales', 1, $3)",
      [shopId, DAY, [RO]],
    )
    const open = { ...workedExample.repair_order, tm_id: 2, ro_number: 2, status: 'ESTIMATE', status_id: 1 }
    await world.apply({ ...workedExample, repair_order: open, jobs: [], content_hash: 'open' })
  })
  afterAll(async () => {
    await api.close()
    await world.close()
  })

  const range = () => ({ shopId, from: DAY, to: DAY })

  test('every report answers in the shape this release knows', async () => {
    const { reports } = warehouse
    const at = '2026-03-04T17:00:00Z'
    expect(await reports.period({ shopId, preset: 'week_to_date', at })).toMatchObject({
      from: '2026-03-02',
      to: DAY,
    })
    expect(await reports.summary({ ...range(), preset: 'today' })).toMatchObject({
      current: { authorized_revenue: 108_264 },
      previous: { from: '2026-02-25', to: '2026-02-25', ro_count: 0 },
    })
    expect((await reports.daily(range()))?.days).toMatchObject([{ metric_date: DAY, net_sales: 110_114 }])
    expect((await reports.technicians(range()))?.technicians).toMatchObject([{ hours_billed: 0.6 }])
    expect((await reports.advisors(range()))?.advisors).toMatchObject([{ service_advisor_tm_id: 200_311 }])
    expect((await reports.repairOrders(range()))?.repair_orders).toMatchObject([{ ro_tm_id: RO }])
    expect(await reports.exceptions(range())).toMatchObject({
      kinds: [{ name: 'estimated_labor_rate', ro_count: 1, authorized_profit: 70_714 }],
      repair_orders: [{ ro_tm_id: RO, kind: 'estimated_labor_rate', variance_percent: 2.59 }],
      next: null,
    })
    expect((await reports.estimatedCosts(range()))?.repair_orders).toMatchObject([{ ro_number: 20_418 }])
    expect(
      (await reports.restatements({ shopId, since: '2026-01-01T00:00:00Z' }))?.restatements,
    ).toMatchObject([{ date: DAY, repair_orders: [{ ro_tm_id: RO, ro_number: 20_418 }] }])
    expect((await reports.workInProgress({ shopId }))?.repair_orders).toMatchObject([{ ro_tm_id: 2 }])
  })

  test('a page gives the place of the next one', async () => {
    const page = await warehouse.reports.workInProgress({ shopId, limit: 1 })
    expect(page?.next).toBeNull()
    const after = { ro: 2 }
    expect((await warehouse.reports.workInProgress({ shopId, after }))?.repair_orders).toEqual([])
  })

  test('a shop that is not there has no report', async () => {
    const nowhere = { ...range(), shopId: '00000000-0000-4000-8000-000000000000' }
    expect(await warehouse.reports.summary(nowhere)).toBeNull()
    expect(await warehouse.explanations.day({ shopId: nowhere.shopId, date: DAY })).toBeNull()
  })

  test('a range that makes no sense is an error of the data, with its parameter', async () => {
    await expect(warehouse.reports.summary({ shopId, from: DAY, to: '2026-03-03' })).rejects.toMatchObject({
      failureClass: 'data',
      message: expect.stringContaining('p_to 2026-03-03 is before p_from 2026-03-04') as string,
    })
  })

  describe('a day taken apart', () => {
    afterEach(() => {
      vi.restoreAllMocks()
    })

    /** What the command prints. */
    const printed = async (roTmId: number | null = null, date = DAY): Promise<string> => {
      const explanation = await warehouse.explanations.day({ shopId, date, roTmId })
      if (explanation === null) throw new Error('the shop is there')
      const out: string[] = []
      vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
        out.push(String(chunk))
        return true
      })
      printExplanation(explanation, { tmId: 1, timezone: 'America/New_York' })
      return out.join('')
    }

    test('shows lines with their rate source and says that they make the row', async () => {
      const text = await printed()
      expect(text).toContain('RO 20418 (TM 318204417), posted, Sample Customer')
      expect(text).toContain("TM's profit: revenue 1,082.64, cost 375.50, profit 707.14")
      expect(text).toMatch(/labor +111\.00 +cost +19\.20 +\(0\.6 h, Tech Alpha, rate assigned\)/)
      expect(text).toMatch(/2\.65 h, unassigned, rate default/)
      expect(text).toMatch(/job Cabin air filter \[pending, tax 2\.60\]/)
      expect(text).toContain("It equals the day's row.")
    })

    test('says which figure the lines do not make, and by how much', async () => {
      await world.query('update public.daily_shop_metrics set net_sales = 1 where shop_id = $1', [shopId])
      const text = await printed()
      await world.query('update public.daily_shop_metrics set net_sales = 110114 where shop_id = $1', [
        shopId,
      ])
      expect(text).toContain(
        "It does not equal the day's row:\n  net_sales: the row says 1, the lines say 110114\n",
      )
    })

    test('of one RO compares nothing with the whole day, and tells where it counts', async () => {
      expect(await printed(RO)).not.toContain("the day's row")
      expect(await printed(RO, '2026-03-05')).toContain('it counts on 2026-03-04 as posted')
      expect(await printed(2)).toContain('RO 2 is ESTIMATE and counts on no day.')
    })
  })
})
