// The worked example of metrics.md, word for word from TM's answers to the tables: HTTP → queue → API → Postgres.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const RO = 318_204_417

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  const rows = (text: string) => pipeline.query(text)
  const one = async (text: string) => (await rows(text))[0]

  const syncAll = async () => {
    const run = await pipeline.sync({ shop: SHOP, source: 'all' })
    await pipeline.quiet()
    return run
  }

  beforeAll(async () => {
    pipeline = await startPipeline({ store, simulator: { shops: [{ tmId: SHOP, repairOrders: 0 }] } })
    pipeline.simulator.edit.addWorkedExample(SHOP)
    await syncAll()
  })
  afterAll(() => pipeline.close())

  test('the worked example of metrics.md holds to the cent', async () => {
    const snapshot = await one(
      `select *, snapshot_date::text as day, labor_hours::text as hours from ro_snapshots where counted`,
    )
    expect(snapshot).toMatchObject({
      snapshot_trigger: 'posted',
      day: '2026-03-04',
      ro_number: '20418',
      hours: '3.25',
      parts_revenue: 36239,
      parts_cost: 19196,
      labor_revenue: 60125,
      labor_cost: 11354,
      estimated_labor_cost: 9434,
      sublet_revenue: 11900,
      sublet_cost: 7000,
      authorized_revenue: 108264,
      authorized_cost: 37550,
      authorized_profit: 70714,
      authorized_gp_percent: '65.32',
      fees_total: 3350,
      discount_total: 1500,
      tax_total: 2356,
      net_sales: 110114,
      net_profit: 72564,
      potential_revenue: 117809,
      pending_revenue: 9545,
      declined_revenue: 0,
      variance_percent: '0.00',
      variance_reason: null,
      calculation_method: 'TRUE_GP',
    })
  })

  test('the labor cost of the worked example is 1920 assigned and 9434 at the shop average', async () => {
    expect(
      await rows(
        `select rate_source, tech_hourly_cost, labor_cost from job_labor order by hours, technician_tm_id`,
      ),
    ).toEqual([
      { rate_source: 'shop_avg', tech_hourly_cost: 3560, labor_cost: 1068 },
      { rate_source: 'assigned', tech_hourly_cost: 3200, labor_cost: 1920 },
      { rate_source: 'shop_avg', tech_hourly_cost: 3560, labor_cost: 9434 },
    ])
  })

  test('the day, its technician and its advisor of the worked example hold to the cent', async () => {
    expect(
      await one(`select *, unassigned_labor_hours::text as loose from daily_shop_metrics`),
    ).toMatchObject({
      ro_count: 1,
      authorized_gp_percent: '65.32',
      authorization_rate: '91.90',
      avg_labor_rate: '18500',
      gp_per_labor_hour: '15006',
      gross_profit_per_labor_hour: '21758',
      loose: '2.65',
      unassigned_labor_revenue: '49025',
    })
    expect(await rows(`select *, hours_billed::text as hours from tech_daily_metrics`)).toMatchObject([
      {
        technician_tm_id: '200457',
        hours: '0.6',
        labor_revenue: '11100',
        labor_cost: '1920',
        labor_profit: '9180',
        gp_percent: '82.70',
        gp_per_hour: '15300',
        rate_sources: { assigned: 1, shop_avg: 0, default: 0 },
      },
    ])
    expect(await rows('select * from advisor_daily_metrics')).toMatchObject([
      { service_advisor_tm_id: '200311', ro_count: 1, authorized_revenue: '108264' },
    ])
  })

  test('what is stored is what the oracle makes of it by independent arithmetic', async () => {
    const figures = ['ro_snapshots', 'daily_shop_metrics', 'tech_daily_metrics', 'advisor_daily_metrics']
    const differences = await pipeline.compare()
    expect(differences.filter(({ table }) => figures.includes(table) || table === 'leftover')).toEqual([])
  })

  test('an RO posted at 01:12 UTC lands on the shop’s previous day, and moves when it is posted after midnight there', async () => {
    const days = async () =>
      (await rows('select metric_date::text as day from daily_shop_metrics order by 1')).map(({ day }) => day)
    expect(await days()).toEqual(['2026-03-04'])

    pipeline.simulator.edit.post(RO, { postedDate: '2026-03-05T05:00:00Z' })
    await syncAll()
    expect(await days()).toEqual(['2026-03-05'])

    pipeline.simulator.edit.post(RO, { postedDate: '2026-03-05T04:59:59Z' })
    await syncAll()
    expect(await days()).toEqual(['2026-03-04'])
    expect(await rows('select from ro_snapshots where counted')).toHaveLength(1)
  })
})
