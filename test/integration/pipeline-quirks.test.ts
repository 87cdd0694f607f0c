// Everything about which the evidence on TM disagrees (tekmetric-api.md §11), switched the other way: the warehouse
// must equal the source all the same. And pay: a raise never restates a closed RO, although TM recomputes its profit.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { report } from '../support/oracle/compare.ts'
import { startPipeline, type Pipeline } from '../support/pipeline.ts'
import { changedRows, writtenRows } from '../support/pipeline-rows.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321
const QUIRKS = {
  boardPaging: 'honoured',
  boardPageSize: 7,
  boardWrapper: 'content',
  reportPageSize: 5,
  reportKeys: 'object',
  quotedNumbers: true,
  thinMissingShare: 1,
  profitMissingShare: 0.3,
  unauthorizedBody: 'html',
  employeesWrapper: 'content',
  subletPlacement: 'both',
  nightlyValueChanges: 0.5,
} as const

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const shops = [{ tmId: SHOP, repairOrders: 60, timeZone: 'America/Phoenix' }]
    pipeline = await startPipeline({ store, simulator: { shops, days: 12, quirks: QUIRKS } })
  })
  afterAll(() => pipeline.close())

  const syncAndCompare = async (source: 'all' | 'sweep'): Promise<string> => {
    const run = await pipeline.sync({ shop: SHOP, source, daysBack: 20 })
    await pipeline.quiet()
    expect(run).toMatchObject({ status: 'finished', failed: 0, truncated: false })
    const refused = pipeline.simulator.requests.list({ route: 'profit', status: 404 })
    const profitMissing = [...new Set(refused.flatMap(({ ro }) => ro ?? []))]
    expect(profitMissing.length).toBeGreaterThan(3)
    return report(await pipeline.compare({ profitMissing }))
  }

  test('under every quirk of TM’s answers the warehouse equals the source', async () => {
    expect(await syncAndCompare('all')).toBe('')
  })

  test('costs that TM changes at night without moving any date are found by the sweep', async () => {
    pipeline.simulator.clock.advance({ days: 3 })
    expect(await syncAndCompare('sweep')).toBe('')
  })

  test('a raise restates no closed RO although TM recomputes its profit', async () => {
    const closed = `select count(*)::int as count from repair_orders where status_id in (5, 6)`
    const [counted] = await pipeline.query<{ count: number }>(closed)
    // ROs that are still open follow the pay until they close; here all of them are closed.
    for (const ro of pipeline.simulator.truth().repairOrders)
      if (ro.statusId < 4) pipeline.simulator.edit.post(ro.id)
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 20 })
    await pipeline.quiet()
    const before = await writtenRows(pipeline)
    for (const person of pipeline.simulator.truth().employees)
      if (person.hourlyRate !== null)
        pipeline.simulator.edit.updateEmployee(person.id, { hourlyRate: person.hourlyRate + 1_500 })
    const run = await pipeline.sync({ shop: SHOP, source: 'sweep', daysBack: 20 })
    await pipeline.quiet()
    expect(run.unchanged).toBeGreaterThanOrEqual(counted?.count ?? 0)
    expect(run).toMatchObject({ created: 0, updated: 0, failed: 0 })
    expect(changedRows(before, await writtenRows(pipeline))).toEqual([])
  })
})
