// Traps of docs/traps.md that no other test holds: all of them through the whole pipeline on one small shop.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { discoverRepairOrders } from '../../src/workers/jobs/discover-repair-orders.ts'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const quirks = { reportPageSize: 10 }
    const shop = { tmId: SHOP, repairOrders: 60 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 10, quirks } })
  })
  afterAll(() => pipeline.close())

  test('a listing whose later page fails fails its run and loses nothing it had found', async () => {
    const { runs } = pipeline.services.warehouse
    const { id: shopId } = await pipeline.services.shops.byTmId(SHOP)
    const fault = pipeline.simulator.faults.add({ route: 'report', kind: 'status', status: 500, skip: 2 })
    const { runId } = await runs.start({ shopId, kind: 'repair-orders', trigger: 'cli', params: {} })
    await pipeline.queueJobs
      .queue('discovery')
      .add(
        discoverRepairOrders.name,
        { shop: SHOP, source: 'all', daysBack: 12, lane: 'incremental', trigger: 'cli', run: runId },
        { attempts: 1 },
      )
    await expect.poll(async () => (await runs.progress({ runId })).status, { timeout: 20_000 }).toBe('failed')
    expect(await runs.progress({ runId })).toMatchObject({
      error: {
        reason: expect.stringMatching(/^UPSTREAM_DOWN/) as string,
        class: 'transient',
        code: 'UPSTREAM_DOWN',
      },
    })
    await pipeline.quiet()
    const [stored] = await pipeline.query<{ count: number }>(
      'select count(*)::int as count from repair_orders',
    )
    expect(stored?.count).toBeGreaterThan(0)

    pipeline.simulator.faults.remove(fault)
    const run = await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 12 })
    await pipeline.quiet()
    expect(run).toMatchObject({ status: 'finished', failed: 0 })
    expect(report(await pipeline.compare())).toBe('')
  })

  test('every RO is linked to its customer, vehicle and advisor although no listing names them', async () => {
    const [row] = await pipeline.query(
      `select count(*) filter (where customer_tm_id is not null)::int as named,
              count(*) filter (where customer_tm_id is not null and customer_id is null)::int as customers,
              count(*) filter (where vehicle_tm_id is not null and vehicle_id is null)::int as vehicles,
              count(*) filter (where service_advisor_tm_id is not null and service_advisor_id is null)::int as advisors
         from repair_orders`,
    )
    expect(row).toMatchObject({ customers: 0, vehicles: 0, advisors: 0 })
    expect(row?.['named']).toBeGreaterThan(40)
  })

  test('what changed while nothing was synced for three weeks is found, whenever it changed', async () => {
    const { events } = pipeline.simulator.clock.advance({ days: 21 })
    for (const kind of ['post', 'unpost', 'edit-posted']) expect(events[kind], kind).toBeGreaterThan(0)
    const run = await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 45 })
    await pipeline.quiet()
    expect(run).toMatchObject({ status: 'finished', failed: 0, truncated: false })
    expect(report(await pipeline.compare())).toBe('')
  })

  test('nothing was ever asked of TM but GET, and every report named its shop', () => {
    const requests = pipeline.simulator.requests.list({})
    expect(requests.length).toBeGreaterThan(100)
    expect(new Set(requests.map(({ method }) => method))).toEqual(new Set(['GET']))
    const reports = requests.filter(({ route }) => route === 'report')
    expect(reports.length).toBeGreaterThan(3)
    for (const { query } of reports) expect(query).toMatchObject({ shopIds: String(SHOP) })
  })
})
