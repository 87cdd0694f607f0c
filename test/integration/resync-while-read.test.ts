// A resync that is asked for while the RO is being read: its run ends with the read that begins afterwards, on both stores.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createResyncDesk } from '../../src/producers/resync-desk.ts'
import { followRun } from '../../src/producers/waiting.ts'
import { requestRepairOrder, startPipeline, type Pipeline } from '../support/pipeline.ts'
import { queueStores } from '../support/queue-store.ts'

const SHOP = 4321

describe.each(queueStores())('on $kind', (store) => {
  let pipeline: Pipeline
  beforeAll(async () => {
    const shop = { tmId: SHOP, repairOrders: 12 }
    pipeline = await startPipeline({ store, simulator: { shops: [shop], days: 4 } })
    await pipeline.sync({ shop: SHOP, source: 'all', daysBack: 6 })
    await pipeline.quiet()
  })
  afterAll(() => pipeline.close())

  test('who waits for its run sees what TM had when it was asked for', async () => {
    const { simulator, services } = pipeline
    const [target] = simulator
      .truth()
      .repairOrders.filter(
        ({ statusId, jobs }) => statusId === 5 && jobs.some(({ parts }) => parts.length > 0),
      )
    const ro = target?.id ?? 0
    simulator.faults.add({ route: 'profit', ro, kind: 'slow', ms: 1_000, probability: 1 })
    simulator.requests.reset()
    await requestRepairOrder(pipeline, { shop: SHOP, ro })
    const asked = () => simulator.requests.list({}).map(({ path }) => path)
    await expect.poll(asked).toContainEqual(expect.stringContaining(`${ro}/profit`))

    // The estimate of the first read is out; the edit comes too late for it, and just in time for the request.
    const { updatedDate } = simulator.edit.editLine(ro, { kind: 'parts', set: { retail: 12_345 } })
    const { id } = await services.shops.byTmId(SHOP)
    const { result, runId } = await createResyncDesk(pipeline, 'api').request({
      shop: { id, tmId: SHOP },
      ro,
    })
    expect(result).toBe('queued-after-active')
    expect(await followRun(services, runId)).toMatchObject({ status: 'finished', fetched: 1, updated: 1 })
    const [stored] = await pipeline.query<{ at: Date }>(
      'select updated_date as at from repair_orders where tm_id = $1',
      [ro],
    )
    expect(stored?.at.getTime()).toBe(Date.parse(updatedDate))
  })
})
